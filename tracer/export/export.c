#include "export/export.h"

#include <string.h>

const struct export_format *export_format_find(const char *name) {
        static const struct export_format *const formats[] = { &export_std, &export_csv, &export_chrome };

        for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
                if (strcmp(formats[i]->name, name) == 0)
                        return formats[i];
        return NULL;
}
