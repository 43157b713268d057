#include "model/source.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool source_line(const char *path, uint32_t number, char ret_source[static SOURCE_BYTES]) {
        int fd = path && number > 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
        char *line = NULL;
        size_t size = 0;
        ssize_t length = -1;
        struct stat status;
        FILE *file;

        if (fd < 0)
                return false;
        /* Not a device or a pipe that a trace from elsewhere may name. */
        file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
        if (!file) {
                close(fd);
                return false;
        }
        while (number-- > 0 && (length = getline(&line, &size, file)) >= 0)
                ;
        fclose(file);
        if (length >= 0) {
                size_t begin = strspn(line, " \t");

                while (length > 0 && isspace((unsigned char) line[length - 1]))
                        line[--length] = '\0';
                snprintf(ret_source, SOURCE_BYTES, "%s", (size_t) length > begin ? line + begin : "");
                for (char *tab = ret_source; (tab = strchr(tab, '\t'));)
                        *tab = ' ';
        }
        free(line);
        return length >= 0 && ret_source[0];
}
