#include "ultra.h"
