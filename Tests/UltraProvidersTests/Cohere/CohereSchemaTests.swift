import Testing
import UltraAPI

@testable import UltraProviders

/// JSON Schemas translated for Cohere.
struct CohereSchemaTests {
    private func schema(_ json: String) -> CohereSchema {
        CohereSchema(RawJSON(validated: Array(json.utf8)))
    }

    @Test(
        "keywords that Cohere knows stay, others are expressed differently",
        arguments: [
            (
                #"{"type":"object","properties":{"a":{"enum":[1,"x"]},"b":true},"required":["a"],"additionalProperties":false}"#,
                #"{"type":"object","properties":{"a":{"enum":[1,"x"]},"b":true},"required":["a"],"additionalProperties":false}"#,
                []
            ),
            (
                #"{"type":"object","required":["a"],"properties":{"a":{"oneOf":[{"type":"string","maxLength":3,"description":"x"}]}}}"#,
                #"{"type":"object","required":["a"],"properties":{"a":{"anyOf":[{"type":"string","description":"x (maxLength: 3)"}]}}}"#,
                ["maxLength"]
            ),
            (
                ##"{"$defs":{"n":{"type":"array","items":{"minimum":0},"minItems":1,"maxItems":2}},"type":"object","required":["a"],"properties":{"a":{"$ref":"#/$defs/n"}}}"##,
                ##"{"$defs":{"n":{"type":"array","items":{"description":"(minimum: 0)"},"description":"(minItems: 1, maxItems: 2)"}},"type":"object","required":["a"],"properties":{"a":{"$ref":"#/$defs/n"}}}"##,
                ["minimum", "minItems", "maxItems"]
            ),
        ] as [(String, String, [String])])
    func copy(json: String, copy: String, leftOut: [String]) {
        let found = schema(json)
        #expect(String(decoding: found.json.bytes, as: UTF8.self) == copy)
        #expect(found.leftOut == leftOut)
        #expect(found.flaw == nil)
    }

    @Test(
        "a schema that cannot be expressed is refused",
        arguments: [
            (#"{"type":"array","items":{}}"#, "takes only the schema of an object"),
            (#"{}"#, "takes only the schema of an object"),
            (#"{"type":["object","null"],"required":["a"]}"#, "takes only the schema of an object"),
            (#"{"type":"object","properties":{"a":{}}}"#, "needs a required property in every object of a schema"),
            (
                #"{"type":"object","required":["a"],"properties":{"a":{"type":"object","required":[]}}}"#,
                "needs a required property in every object of a schema"
            ),
            (#"{"type":"object","required":["a"],"allOf":[{}]}"#, "does not take allOf in a schema"),
            (
                #"{"type":"object","required":["a"],"properties":{"a":{"not":{}}}}"#, "does not take not in a schema"
            ),
            (
                #"{"type":"object","required":["a"],"oneOf":[{}],"anyOf":[{}]}"#,
                "does not take oneOf beside anyOf in a schema"
            ),
            (#"{"type":"object","required":["a"],"properties":[]}"#, "takes a JSON Schema only"),
        ])
    func flaw(json: String, flaw: String) {
        #expect(schema(json).flaw == flaw)
    }
}
