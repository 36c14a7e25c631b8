import Testing
import UltraAPI

@testable import UltraProviders

struct ClaudeSchemaTests {
    private func rewritten(_ text: String) throws(ClaudeSchema.Flaw) -> (schema: String, notes: [String]) {
        var schema = ClaudeSchema()
        let raw = try schema.rewrite(RawJSON(validated: Array(text.utf8)))
        return (String(decoding: raw.bytes, as: UTF8.self), schema.notes)
    }

    @Test(
        "a schema becomes the part that the API enforces",
        arguments: [
            (
                #"{"$schema":"x","title":"T","type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#,
                #"{"title":"T","type":"object","properties":{"a":{"type":"string"}},"required":["a"],"#
                    + #""additionalProperties":false}"#, []
            ),
            (
                #"{"type":"object","properties":{},"additionalProperties":true}"#,
                #"{"type":"object","properties":{},"additionalProperties":false}"#, []
            ),
            (#"{"oneOf":[{"const":1},{"enum":["a",null]}]}"#, #"{"anyOf":[{"const":1},{"enum":["a",null]}]}"#, []),
            (
                #"{"type":"integer","minimum":1,"description":"d","maximum":5,"default":2}"#,
                #"{"type":"integer","description":"d; minimum: 1; maximum: 5; default: 2"}"#, ["minimum", "maximum"]
            ),
            (
                #"{"type":"array","items":{"type":"string","format":"uri"},"minItems":1}"#,
                #"{"type":"array","items":{"type":"string","format":"uri"},"minItems":1}"#, []
            ),
            (
                #"{"type":"array","items":{"type":"string","format":"iri"},"minItems":2}"#,
                #"{"type":"array","items":{"type":"string","description":"format: \"iri\""},"#
                    + #""description":"minItems: 2"}"#, ["format", "minItems"]
            ),
            (
                ##"{"$ref":"#/$defs/A","$defs":{"A":{"allOf":[{"$ref":"#/$defs/B"}]},"B":{"type":["string","null"]}}}"##,
                ##"{"$ref":"#/$defs/A","$defs":{"A":{"allOf":[{"$ref":"#/$defs/B"}]},"B":{"type":["string","null"]}}}"##,
                []
            ),
            (
                #"{"type":"object","properties":{"minimum":{"type":"number"}},"additionalProperties":false}"#,
                #"{"type":"object","properties":{"minimum":{"type":"number"}},"additionalProperties":false}"#, []
            ),
        ] as [(String, String, [String])])
    func rewrite(schema: String, result: String, notes: [String]) throws {
        let found = try rewritten(schema)
        #expect(found.schema == result)
        #expect(found.notes == notes)
    }

    @Test(
        "a part of a schema that the API cannot enforce is named",
        arguments: [
            (#"{"type":"object"}"#, "objects with arbitrary members"),
            (#"{"type":"object","additionalProperties":{"type":"string"}}"#, "objects with arbitrary members"),
            (#"{"not":{"type":"string"}}"#, "not"), (#"{"type":"array","prefixItems":[]}"#, "prefixItems"),
            (#"{"type":"array","items":[{}]}"#, "items of several types"),
            (#"{"type":"array","items":true}"#, "true or false in place of a schema"),
            (#"{"anyOf":[],"oneOf":[]}"#, "both anyOf and oneOf"), (##"{"$ref":"#"}"##, "recursion"),
            (#"{"$ref":"https://e.com/s"}"#, "references to other documents"),
            (##"{"$defs":{"A":{"items":{"$ref":"#/$defs/B"}},"B":{"items":{"$ref":"#/$defs/A"}}}}"##, "recursion"),
            (optional(25), "more than 24 optional properties"), (unions(17), "more than 16 unions of types"),
        ])
    func unsupported(schema: String, what: String) {
        #expect(throws: ClaudeSchema.Flaw.unsupported(what)) { try rewritten(schema) }
    }

    @Test("the largest schema the service compiles is sent", arguments: [optional(24), unions(16)])
    func largest(schema: String) throws {
        _ = try rewritten(schema)
    }

    @Test(
        "an invalid schema is named", arguments: ["[]", "1", #"{"properties":[]}"#, #"{"anyOf":{}}"#, #"{"$ref":1}"#])
    func malformed(schema: String) {
        #expect(throws: ClaudeSchema.Flaw.notASchema) { try rewritten(schema) }
    }

    private static func optional(_ count: Int) -> String {
        let properties = (0..<count).map { #""p\#($0)":{"type":"string"}"# }.joined(separator: ",")
        return #"{"type":"object","properties":{\#(properties)}}"#
    }

    private static func unions(_ count: Int) -> String {
        let members = (0..<count).map { #""d\#($0)":{"type":["string","null"]}"# }.joined(separator: ",")
        return #"{"$defs":{\#(members)}}"#
    }
}
