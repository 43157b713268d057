/* recorded-plugs LIBRARY...: loads them in turn, ten times each, with run() called in each. */
#include <dlfcn.h>

int main(int argc, char **argv) {
        for (int i = 0; i < 10 * (argc - 1); i++) {
                void *library = dlopen(argv[1 + i % (argc - 1)], RTLD_NOW);
                void *run = library ? dlsym(library, "run") : 0;

                if (!run)
                        return 1;
                ((void (*)(void)) run)();
                if (dlclose(library) != 0)
                        return 2;
        }
        return 7;
}
