/* What compilers and linkers make of a function's name, made readable again. */
#pragma once

/* A symbol as a person would write it: "bank::account::deposit" of "_ZN4bank7account7depositEi", "transfer" of
 * "transfer.isra.0@@V1". Without parameters and return types, as names from DWARF are. The caller frees; NULL when out of
 * memory. */
char *symbol_words(const char *symbol);

/* Long template arguments go: "std::vector<…>::emplace_back<…>". In place. */
void shorten_templates(char *name);
