import Foundation
import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Cache: keys")
struct CanonicalBytesTests {
    struct Pair: Sendable, CustomTestStringConvertible {
        let left: String
        let right: String
        var testDescription: String { "\(left) / \(right)" }

        init(_ left: String, _ right: String) {
            self.left = left
            self.right = right
        }
    }

    static let scope = CacheScope(
        uid: 1000, models: [CacheScope.Model(id: "openai/m", provider: "openai", endpoint: "https://a/v1")])

    static func bytes(_ fields: String, _ scope: CacheScope = scope) throws -> [UInt8] {
        let frame = try RequestFrame(Array(#"{"id":1,"op":"generate",\#(fields)}"#.utf8))
        var canonical = CanonicalBytes()
        canonical.request(try Request(frame), scope)
        return canonical.bytes
    }

    static func embedBytes(_ fields: String) throws -> [UInt8] {
        let frame = try RequestFrame(Array(#"{"id":1,"op":"embed",\#(fields)}"#.utf8))
        var canonical = CanonicalBytes()
        canonical.request(try EmbedRequest(frame), scope)
        return canonical.bytes
    }

    @Test(
        "equivalent requests have one key",
        arguments: [
            Pair(#""prompt":"a""#, #""messages":[{"role":"user","content":"a"}]"#),
            Pair(#""prompt":"a","system":"s""#, #""system":"s","prompt":"a""#),
            Pair(#""prompt":"a""#, #""prompt":"\u0061""#),
            Pair(#""prompt":"a""#, #""prompt":"a","tags":["x"],"timeouts_ms":{"idle":5},"timeout_ms":9"#),
            Pair(#""prompt":"a""#, #""prompt":"a","progress":true,"cache":"refresh","fallback":false"#),
            Pair(#""prompt":"a""#, #""prompt":"a","fallback_mid_stream":"restart","stop":[]"#),
            Pair(#""prompt":"a","temperature":1"#, #""prompt":"a","temperature":1.0"#),
            Pair(#""prompt":"a","temperature":0"#, #""prompt":"a","temperature":-0.0"#),
            Pair(#""prompt":"a","stop":"x""#, #""prompt":"a","stop":["x"]"#),
            Pair(
                #""prompt":"a","provider_options":{"openai":{"x":1,"y":[2]}}"#,
                #""prompt":"a","provider_options":{"openai": { "y" : [ 2 ] , "\u0078" : 1 } }"#),
            // Options for a provider that is no candidate.
            Pair(#""prompt":"a""#, #""prompt":"a","provider_options":{"mistral":{"x":1}}"#),
            Pair(
                #""prompt":"a","response_format":{"name":"n","schema":{"type":"object"}}"#,
                #""prompt":"a","response_format":{"schema":{ "type" : "object" },"name":"n"}"#),
            Pair(
                #""prompt":"a","tools":[{"name":"f","parameters":{"type":"object"}}]"#,
                #""prompt":"a","tools":[{"parameters":{"type": "object"},"name":"f"}]"#),
        ])
    func equal(_ pair: Pair) throws {
        #expect(try Self.bytes(pair.left) == Self.bytes(pair.right))
    }

    @Test(
        "different requests have different keys",
        arguments: [
            Pair(#""prompt":"a""#, #""prompt":"b""#),
            Pair(#""prompt":"a""#, #""prompt":"a ""#),
            // Texts that are the same to a human reader but not to a model.
            Pair(#""prompt":"\u00e9""#, #""prompt":"e\u0301""#),
            Pair(#""prompt":"a""#, #""prompt":"a","system":"""#),
            Pair(#""prompt":"a""#, #""messages":[{"role":"system","content":"a"}]"#),
            Pair(
                #""messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]"#,
                #""messages":[{"role":"user","content":"ab"}]"#),
            Pair(
                #""messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]"#,
                #""messages":[{"role":"user","content":[{"type":"text","text":"ab"}]}]"#),
            Pair(
                #""messages":[{"role":"user","content":[{"type":"image","url":"https://x"}]}]"#,
                #""messages":[{"role":"user","content":[{"type":"text","text":"https://x"}]}]"#),
            Pair(#""prompt":"a""#, #""prompt":"a","temperature":1"#),
            Pair(#""prompt":"a","temperature":0.1"#, #""prompt":"a","top_p":0.1"#),
            Pair(#""prompt":"a","max_tokens":5"#, #""prompt":"a","top_k":5"#),
            Pair(#""prompt":"a","max_tokens":5"#, #""prompt":"a","seed":5"#),
            Pair(#""prompt":"a","frequency_penalty":1"#, #""prompt":"a","presence_penalty":1"#),
            Pair(#""prompt":"a","stop":["x","y"]"#, #""prompt":"a","stop":["y","x"]"#),
            Pair(#""prompt":"a""#, #""prompt":"a","response_format":"json""#),
            Pair(
                #""prompt":"a","response_format":{"name":"n","schema":{"a":1,"b":2}}"#,
                #""prompt":"a","response_format":{"name":"n","schema":{"b":2,"a":1}}"#),
            Pair(
                #""prompt":"a","response_format":{"name":"n","schema":{},"strict":true}"#,
                #""prompt":"a","response_format":{"name":"n","schema":{},"strict":false}"#),
            Pair(#""prompt":"a""#, #""prompt":"a","reasoning":{"effort":"low"}"#),
            Pair(#""prompt":"a","reasoning":{}"#, #""prompt":"a","reasoning":{"include":false}"#),
            Pair(
                #""prompt":"a","reasoning":{"effort":"low"}"#,
                #""prompt":"a","reasoning":{"effort":"high"}"#),
            Pair(#""prompt":"a""#, #""prompt":"a","tools":[{"name":"f"}]"#),
            Pair(
                #""prompt":"a","tools":[{"name":"f"},{"name":"g"}]"#,
                #""prompt":"a","tools":[{"name":"g"},{"name":"f"}]"#),
            Pair(
                #""prompt":"a","tools":[{"name":"f"}],"tool_choice":"auto""#,
                #""prompt":"a","tools":[{"name":"f"}],"tool_choice":"required""#),
            Pair(
                #""prompt":"a","tools":[{"name":"f"}],"parallel_tool_calls":true"#,
                #""prompt":"a","tools":[{"name":"f"}]"#),
            Pair(
                #""prompt":"a","provider_options":{"openai":{"x":1}}"#,
                #""prompt":"a","provider_options":{"openai":{"x":2}}"#),
            Pair(
                #""prompt":"a","provider_options":{"openai":{"x":"1"}}"#,
                #""prompt":"a","provider_options":{"openai":{"x":1}}"#),
            Pair(
                #""prompt":"a","provider_options":{"openai":{"x":[1,[2]]}}"#,
                #""prompt":"a","provider_options":{"openai":{"x":[[1],2]}}"#),
            Pair(
                #""prompt":"a","provider_options":{"openai":{"x":{"y":1}}}"#,
                #""prompt":"a","provider_options":{"openai":{"x":{},"y":1}}"#),
            Pair(
                #""messages":[{"role":"tool","content":"a","tool_call_id":"1"}]"#,
                #""messages":[{"role":"tool","content":"a","tool_call_id":"2"}]"#),
        ])
    func unequal(_ pair: Pair) throws {
        #expect(try Self.bytes(pair.left) != Self.bytes(pair.right))
    }

    @Test("each user, model, server and mock has keys of its own; a shared cache has one for all users")
    func scopes() throws {
        var scopes = [Self.scope, Self.scope, Self.scope, Self.scope, Self.scope, Self.scope, Self.scope]
        scopes[1].uid = 1001
        scopes[2].uid = nil
        scopes[3].models[0].id = "openai/n"
        scopes[4].models[0].endpoint = "https://b/v1"
        scopes[5].models[0].isMock = true
        scopes[6].models.append(CacheScope.Model(id: "mistral/m", provider: "mistral"))
        let keys = try scopes.map { try Self.bytes(#""prompt":"a""#, $0) }
        #expect(Set(keys).count == scopes.count)
    }

    @Test("vectors: texts, dimensions and purpose count, and no text is a generation")
    func embeddings() throws {
        #expect(
            try Self.embedBytes(#""input":"a""#) == Self.embedBytes(#""input":["a"],"tags":["x"],"cache":"refresh""#))
        let others = [
            #""input":["a"]"#, #""input":["a","b"]"#, #""input":["ab"]"#, #""input":["b","a"]"#,
            #""input":["a"],"dimensions":8"#, #""input":["a"],"purpose":"query""#,
            #""input":["a"],"provider_options":{"openai":{"user":"u"}}"#,
        ]
        var keys = Set(try others.map { try Self.embedBytes($0) })
        keys.insert(try Self.bytes(#""prompt":"a""#))
        #expect(keys.count == others.count + 1)
    }

    @Test("fallbacks and timers are no part of the key, but of what requests in flight must share")
    func sharing() throws {
        let fields = [
            "", #","fallback":false"#, #","fallback":["a/b"]"#, #","fallback":["a/c"]"#, #","timeouts_ms":{"idle":5}"#,
            #","timeouts_ms":{"connect":5}"#, #","timeouts_ms":{"total":5}"#, #","fallback_mid_stream":"restart""#,
        ]
        let keys = try fields.map { field in
            let frame = try RequestFrame(Array(#"{"id":1,"op":"stream","prompt":"a"\#(field)}"#.utf8))
            var canonical = CanonicalBytes()
            canonical.sharing(try Request(frame), timeoutMilliseconds: frame.timeoutMilliseconds)
            return canonical.bytes
        }
        #expect(Set(keys).count == fields.count)
        var limited = CanonicalBytes()
        limited.sharing(Request(messages: []), timeoutMilliseconds: 5)
        #expect(!keys.contains(limited.bytes))
    }
}
