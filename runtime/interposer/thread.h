/* What threads do, for others that are pthreads (C11's). The results are errno values. */
#pragma once

#include "interposer/real.h"

int thread_join(struct emit_site site, pthread_t thread, void **ret_value);
int thread_detach(struct emit_site site, pthread_t thread);
