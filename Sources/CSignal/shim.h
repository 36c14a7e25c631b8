#pragma once
// signalfd(2), which Swift's Glibc module lacks.
#include <sys/signalfd.h>
