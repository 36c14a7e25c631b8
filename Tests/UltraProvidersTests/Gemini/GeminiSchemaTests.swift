import Testing
import UltraAPI

@testable import UltraProviders

struct GeminiSchemaTests {
    struct Case: CustomTestStringConvertible {
        let rule: String
        let form: GeminiSchema.Form
        let schema: String
        let sent: String
        var dropped: [String] = []

        var testDescription: String { rule }
    }

    static let cases = [
        Case(
            rule: "annotations go, constraints that go are named", form: .jsonSchema,
            schema:
                ##"{"$schema":"s","type":"object","properties":{"a":{"type":"string","pattern":"x","default":"y"},"b":true},"required":["a"],"additionalProperties":false,"examples":[]}"##,
            sent:
                #"{"type":"object","properties":{"a":{"type":"string"},"b":{}},"required":["a"],"additionalProperties":false}"#,
            dropped: ["pattern"]),
        Case(
            rule: "a property may be called like a keyword", form: .jsonSchema,
            schema: #"{"properties":{"pattern":{"type":"string"},"const":{"const":2},"not":{}}}"#,
            sent: #"{"properties":{"pattern":{"type":"string"},"const":{"enum":[2]},"not":{}}}"#),
        Case(
            rule: "nothing stands beside a reference, and definitions have one name", form: .jsonSchema,
            schema:
                ##"{"type":"object","properties":{"a":{"$ref":"#/definitions/N","description":"d"}},"definitions":{"N":{"type":"object","properties":{"n":{"$ref":"#/definitions/N"}}}}}"##,
            sent:
                ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}}}}}"##
        ),
        Case(
            rule: "a root that is a reference is what it refers to", form: .jsonSchema,
            schema: ##"{"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}}}}}"##,
            sent:
                ##"{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}}}}}"##
        ),
        Case(
            rule: "allOf is merged", form: .jsonSchema,
            schema:
                ##"{"allOf":[{"type":"object","properties":{"a":{}},"required":["a"]},{"$ref":"#/$defs/B"}],"$defs":{"B":{"type":"object","properties":{"b":{"allOf":[{"$ref":"#/$defs/C"}],"title":"t"}},"required":["a","b"]},"C":{"type":"string"}}}"##,
            sent:
                ##"{"$defs":{"B":{"type":"object","properties":{"b":{"$ref":"#/$defs/C"}},"required":["a","b"]},"C":{"type":"string"}},"type":"object","properties":{"a":{},"b":{"$ref":"#/$defs/C"}},"required":["a","b"]}"##
        ),
        Case(
            rule: "a keyword that is null is not there", form: .jsonSchema,
            schema:
                #"{"type":"object","properties":{"a":{"type":"array","items":null,"default":null}},"required":null,"allOf":null}"#,
            sent: #"{"type":"object","properties":{"a":{"type":"array"}}}"#),
        Case(
            rule: "a keyword that is null is not there", form: .openAPI,
            schema:
                #"{"type":"object","properties":{"a":{"type":"object","properties":null,"anyOf":null}},"$defs":null}"#,
            sent: #"{"type":"object","properties":{"a":{"type":"object"}}}"#),
        Case(
            rule: "OpenAPI's nullable is a type", form: .jsonSchema,
            schema: #"{"type":"STRING","nullable":true}"#, sent: #"{"type":["string","null"]}"#),
        Case(
            rule: "references are resolved where they cannot be sent", form: .openAPI,
            schema:
                ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A","description":"mine"},"b":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string","description":"its","format":"uri"}},"additionalProperties":false}"##,
            sent:
                #"{"type":"object","properties":{"a":{"description":"mine","type":"string"},"b":{"type":"string","description":"its"}}}"#,
            dropped: ["format"]),
        Case(
            rule: "null is nullable, oneOf is anyOf", form: .openAPI,
            schema:
                ##"{"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}],"$defs":{"A":{"oneOf":[{"type":"string"},{"type":["integer","number"]}]}}}"##,
            sent: #"{"anyOf":[{"type":"string"},{"anyOf":[{"type":"integer"},{"type":"number"}]}],"nullable":true}"#),
        Case(
            rule: "enums are of strings", form: .openAPI,
            schema: #"{"properties":{"a":{"const":"x"},"b":{"enum":[1,2]},"c":{"enum":["x",null]}}}"#,
            sent:
                #"{"properties":{"a":{"enum":["x"],"type":"string"},"b":{},"c":{"enum":["x"],"type":"string","nullable":true}}}"#,
            dropped: ["enum"]),
        Case(
            rule: "a map of schemas is a constraint", form: .openAPI,
            schema: #"{"type":"object","additionalProperties":{"type":"string"}}"#, sent: #"{"type":"object"}"#,
            dropped: ["additionalProperties"]),
    ]

    @Test("a schema is sent as the model takes it", arguments: cases)
    func rewrite(example: Case) throws {
        var schema = GeminiSchema(example.form)
        let sent = try schema.rewrite(GeminiRequestTests.raw(example.schema))
        #expect(String(decoding: sent.bytes, as: UTF8.self) == example.sent)
        #expect(schema.dropped == example.dropped)
    }

    @Test(
        "a schema that cannot be sent is refused",
        arguments: [
            (#"{"type":1}"#, GeminiSchema.Flaw.notASchema), (#"{"properties":{"a":false}}"#, .unsupported("false")),
            (#"{"$ref":"https://e.com/s"}"#, .unsupported("$ref to https://e.com/s")),
            (##"{"items":{"$ref":"#/$defs/x"}}"##, .unsupported("$ref to #/$defs/x")),
            (#"{"allOf":[{"type":"string"},{"type":"integer"}]}"#, .unsupported("allOf of different type")),
            (##"{"items":{"$ref":"#"}}"##, .unsupported("recursive $ref")),
            (##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}"##, .unsupported("recursive $ref")),
        ])
    func refused(schema: String, flaw: GeminiSchema.Flaw) {
        var rewriting = GeminiSchema(.openAPI)
        #expect(throws: flaw) { try rewriting.rewrite(GeminiRequestTests.raw(schema)) }
    }

    @Test("references that multiply are refused before they fill the memory")
    func explosion() {
        let definitions = (0..<40).map {
            ##""d\##($0)":{"prefix":1,"properties":{"a":{"$ref":"#/$defs/d\##($0 + 1)"},"b":{"$ref":"#/$defs/d\##($0 + 1)"}}}"##
        }
        let schema =
            ##"{"$ref":"#/$defs/d0","$defs":{\##(definitions.joined(separator: ",")),"d40":{"type":"string"}}}"##
        var rewriting = GeminiSchema(.openAPI)
        #expect(throws: GeminiSchema.Flaw.unsupported("that many $ref")) {
            try rewriting.rewrite(GeminiRequestTests.raw(schema))
        }
    }
}
