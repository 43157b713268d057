/* What becomes of the names that compilers put into symbol tables. */
#include <stdlib.h>

#include "symbols/demangle.h"
#include "test.h"

static const char *words_of(const char *symbol) {
        static char words[8192];
        char *name = symbol_words(symbol);

        snprintf(words, sizeof(words), "%s", name ? name : "(none)");
        free(name);
        return words;
}

static const char *shortened(const char *name) {
        static char words[512];

        snprintf(words, sizeof(words), "%s", name);
        shorten_templates(words);
        return words;
}

/* Whether this machine has a C++ library to ask. */
static bool has_demangler(void) {
        return strcmp(words_of("_Z1fv"), "f") == 0;
}

TEST(a_c_symbol_is_its_name_without_versions_and_what_the_compiler_added) {
        EXPECT_STR(words_of("transfer"), "transfer");
        EXPECT_STR(words_of("pthread_create@@GLIBC_2.34"), "pthread_create");
        EXPECT_STR(words_of("transfer.isra.0"), "transfer");
        EXPECT_STR(words_of("transfer.constprop.0.cold@V1"), "transfer");
        EXPECT_STR(words_of("lock.4711"), "lock");
        EXPECT_STR(words_of(".L4"), ".L4");
        EXPECT_STR(words_of(""), "");
}

TEST(a_cxx_symbol_is_its_qualified_name_without_parameters_and_return_type) {
        if (!has_demangler()) {
                test_skip("no C++ library");
                return;
        }
        EXPECT_STR(words_of("_ZN4bank7account7depositEi"), "bank::account::deposit");
        EXPECT_STR(words_of("_ZNK4bank7account7balanceEv"), "bank::account::balance");
        EXPECT_STR(words_of("_ZN4bankL10table_lockE"), "bank::table_lock");
        EXPECT_STR(words_of("_ZN12_GLOBAL__N_14workEv"), "work");
        EXPECT_STR(words_of("_Z3maxIiET_S0_S0_"), "max<int>");
        EXPECT_STR(words_of("_ZSt4lockISt5mutexS0_JEEvRT_RT0_DpRT1_"), "std::lock<std::mutex, std::mutex>");
        EXPECT_STR(words_of("_ZZ4workvE4lock"), "work::lock");
        EXPECT_STR(words_of("_ZN4bank4workEPNS_4PoolE.part.0"), "bank::work");
        EXPECT_STR(words_of("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
}

TEST(operators_keep_their_signs) {
        if (!has_demangler()) {
                test_skip("no C++ library");
                return;
        }
        EXPECT_STR(words_of("_ZN1AclEi"), "A::operator()");
        EXPECT_STR(words_of("_ZN1AlsEi"), "A::operator<<");
        EXPECT_STR(words_of("_ZN1AptEv"), "A::operator->");
        EXPECT_STR(words_of("_ZN1AltERKS_"), "A::operator<");
        EXPECT_STR(words_of("_ZN1AcvbEv"), "A::operator bool");
        EXPECT_STR(words_of("_ZN1AnwEm"), "A::operator new");
}

TEST(a_thread_of_a_lambda_is_called_by_the_lambda) {
        if (!has_demangler()) {
                test_skip("no C++ library");
                return;
        }
        EXPECT_STR(words_of("_ZZ4mainENKUlvE_clEv"), "main::{lambda#1}");
        EXPECT_STR(words_of("_ZNSt6thread11_State_implINS_8_InvokerISt5tupleIJZ4mainEUlvE_EEEEE6_M_runEv"), "main::{lambda#1}");
        EXPECT_STR(words_of("_ZNSt6thread11_State_implINS_8_InvokerISt5tupleIJPFvPN4bank4PoolEES5_EEEEE6_M_runEv"),
                   "std::thread::_State_impl<…>::_M_run");
}

TEST(long_template_arguments_go_and_short_ones_stay) {
        EXPECT_STR(shortened("bank::Account<int>::deposit"), "bank::Account<int>::deposit");
        EXPECT_STR(shortened("std::vector<std::pair<int, std::string>, std::allocator<int> >::emplace_back<int>"),
                   "std::vector<…>::emplace_back<…>");
        EXPECT_STR(shortened("a_name_of_a_class_that_goes_on_for_a_while_and_then::operator<<"),
                   "a_name_of_a_class_that_goes_on_for_a_while_and_then::operator<<");
        EXPECT_STR(shortened("a_name_of_a_class_that_goes_on_for_a_while_and_then<a<b<"),
                   "a_name_of_a_class_that_goes_on_for_a_while_and_then<…>");
}

TEST(a_symbol_that_is_nonsense_comes_back_as_it_is) {
        char endless[6000] = "_Z";

        EXPECT_STR(words_of("_Z"), "_Z");
        EXPECT_STR(words_of("_ZN4bank"), "_ZN4bank");
        memset(endless + 2, 'P', sizeof(endless) - 3);
        EXPECT_STR(words_of(endless), endless);
}
