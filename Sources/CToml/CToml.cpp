#include "CToml.h"
#define TOML_ENABLE_FORMATTERS 0
#define TOML_EXCEPTIONS 0
#include <list>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

struct ctoml_document {
    toml::parse_result result;
    ctoml_node root{};
    std::string error;
    /// A list, because growing it must not move the children that nodes point to.
    std::list<std::vector<ctoml_node>> families;
};

/// Fills `out` from `node`, recursively.
static void fill(ctoml_document &document, ctoml_node &out, const toml::node &node) {
    out.line = node.source().begin.line;
    auto &children = document.families.emplace_back();
    if (auto table = node.as_table()) {
        out.kind = CTOML_TABLE;
        children.resize(table->size());
        size_t index = 0;
        for (auto &&[key, value] : *table) {
            auto &child = children[index++];
            fill(document, child, value);
            child.line = key.source().begin.line;
            child.key = key.data();
            child.key_bytes = key.length();
        }
    } else if (auto array = node.as_array()) {
        out.kind = CTOML_ARRAY;
        children.resize(array->size());
        for (size_t index = 0; index < array->size(); index++) fill(document, children[index], (*array)[index]);
    } else if (auto text = node.as_string()) {
        out.kind = CTOML_STRING;
        out.text = text->get().data();
        out.text_bytes = text->get().size();
    } else if (auto integer = node.as_integer()) {
        out.kind = CTOML_INTEGER;
        out.integer = integer->get();
    } else if (auto number = node.as_floating_point()) {
        out.kind = CTOML_NUMBER;
        out.number = number->get();
    } else if (auto boolean = node.as_boolean()) {
        out.kind = CTOML_BOOLEAN;
        out.boolean = boolean->get();
    } else {
        out.kind = CTOML_DATE;
    }
    out.children = children.data();
    out.count = children.size();
}

struct ctoml_document *ctoml_parse(const char *text, size_t bytes) {
    auto document = new ctoml_document{toml::parse(std::string_view(text, bytes)), {}, {}, {}};
    if (document->result)
        fill(*document, document->root, document->result.table());
    else
        document->error = document->result.error().description();
    return document;
}

const struct ctoml_node *ctoml_root(const struct ctoml_document *document) {
    return document->result ? &document->root : nullptr;
}

const char *ctoml_error(const struct ctoml_document *document, uint32_t *line) {
    if (document->result) return nullptr;
    *line = document->result.error().source().begin.line;
    return document->error.c_str();
}

void ctoml_free(struct ctoml_document *document) {
    delete document;
}
