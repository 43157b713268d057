#include "model/fault.h"

#include <stdarg.h>
#include <stdio.h>

int fault_set(struct fault *ret_fault, int error, const char *format, ...) {
        va_list arguments;

        if (!ret_fault)
                return -error;
        va_start(arguments, format);
        vsnprintf(ret_fault->message, sizeof(ret_fault->message), format, arguments);
        va_end(arguments);
        return -error;
}
