#pragma once
// signalfd(2), which the Glibc module leaves out.
#include <sys/signalfd.h>
