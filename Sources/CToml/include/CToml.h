#pragma once
// toml++ as plain C: a parsed document is a tree of constant nodes, each with its line.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum ctoml_kind {
    CTOML_TABLE,
    CTOML_ARRAY,
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_NUMBER,
    CTOML_BOOLEAN,
    /// A date, a time, or both.
    CTOML_DATE,
};

struct ctoml_node {
    enum ctoml_kind kind;
    /// From 1; of the key where there is one, else of the value.
    uint32_t line;
    /// In a table; UTF-8, not terminated.
    const char *key;
    size_t key_bytes;
    /// Of a string; UTF-8, not terminated.
    const char *text;
    size_t text_bytes;
    int64_t integer;
    double number;
    bool boolean;
    /// Of a table or array; a table's in the order of their keys.
    const struct ctoml_node *children;
    size_t count;
};

/// Holds everything its nodes and its error point to.
struct ctoml_document;

/// Parses TOML 1.0 in UTF-8. Never NULL; `ctoml_free()` ends it.
struct ctoml_document *ctoml_parse(const char *text, size_t bytes);
/// The table of everything; NULL if there was an error.
const struct ctoml_node *ctoml_root(const struct ctoml_document *document);
/// The first error and its line; NULL if there was none.
const char *ctoml_error(const struct ctoml_document *document, uint32_t *line);
void ctoml_free(struct ctoml_document *document);

#ifdef __cplusplus
}
#endif
