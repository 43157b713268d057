/* Where debug information is, besides in the file itself. */
#pragma once

#include <elfutils/libdwfl.h>

/* For Dwfl_Callbacks: beside the file, in /usr/lib/debug, in what a debuginfod client on this machine fetched earlier; from a
 * debuginfod server only where HEDDLE_DEBUGINFOD=1 asks for that. */
int debuginfo_find(Dwfl_Module *module, void **user_data, const char *module_name, Dwarf_Addr base, const char *file_name,
                   const char *debuglink_file, GElf_Word debuglink_crc, char **ret_debuginfo_file_name);

/* elfutils asks the servers in DEBUGINFOD_URLS by itself, whenever it misses something. Between these two it does not, except in
 * debuginfo_find(). One thread at a time. -ENOMEM or 0. */
int debuginfo_begin(void);
void debuginfo_end(void);
