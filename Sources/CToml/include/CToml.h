#pragma once
// A C interface to toml++: a parsed document is a tree of constant nodes, each with its line.
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
    /// A date, a time or both.
    CTOML_DATE,
};

/// A value, and its key if it is in a table. Lives as long as its document.
struct ctoml_node {
    enum ctoml_kind kind;
    /// The line of the key if there is one, otherwise of the value; counted from 1.
    uint32_t line;
    /// The key in its table: UTF-8, not terminated; NULL outside a table.
    const char *key;
    size_t key_bytes;
    /// CTOML_STRING: UTF-8, not terminated.
    const char *text;
    size_t text_bytes;
    int64_t integer;
    double number;
    bool boolean;
    /// CTOML_TABLE, in key order, or CTOML_ARRAY.
    const struct ctoml_node *children;
    size_t count;
};

/// A parsed document. Owns everything its nodes and its error point to.
struct ctoml_document;

/// Parses TOML 1.0 in UTF-8 and copies what it keeps. Never NULL. Free it with `ctoml_free()`.
struct ctoml_document *ctoml_parse(const char *text, size_t bytes);
/// The root table; NULL if there was an error.
const struct ctoml_node *ctoml_root(const struct ctoml_document *document);
/// The first error, and in `line` its line; NULL if there was none. Lives as long as the document.
const char *ctoml_error(const struct ctoml_document *document, uint32_t *line);
void ctoml_free(struct ctoml_document *document);

#ifdef __cplusplus
}
#endif
