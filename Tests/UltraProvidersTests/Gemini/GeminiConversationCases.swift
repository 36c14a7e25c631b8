import UltraAPI

@testable import UltraProviders

/// Conversations and their encoding for Gemini.
enum GeminiConversationCases {
    private typealias Case = GeminiRequestTests.Case

    private static let skip = GeminiConversation.skipsSignatureValidation
    private static let three = "gemini-3-flash-preview"

    private static func call(_ id: String, _ name: String = "f", _ arguments: String = "{}", _ signature: String? = nil)
        -> ToolCall
    {
        ToolCall(id: id, name: name, arguments: arguments, signature: signature)
    }

    private static let a = #"{"role":"user","parts":[{"text":"a"}]}"#
    private static let askA = Message(.user, [.text("a")])

    static let all: [GeminiRequestTests.Case] = turns + media + calls + signatures

    private static let turns = [
        Case(
            rule: "instructions stand apart, roles are two, and a user's messages in a row are one turn",
            messages: [
                Message(.system, [.text("Be brief")]), askA, Message(.user, [.text("b"), .text("")]),
                Message(.assistant, [.text("c")]), Message(.system, [.text("Really")]), Message(.user, [.text("d")]),
            ],
            body: #""systemInstruction":{"parts":[{"text":"Be brief\n\nReally"}]},"contents":["#
                + #"{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"}]},"#
                + #"{"role":"user","parts":[{"text":"d"}]}]"#),
        Case(
            rule: "a conversation starts with the user, and no turn is empty",
            messages: [
                Message(.assistant, [.text("b")]), Message(.user, [.text("")]), Message(.assistant, [.text("")]),
            ],
            body: #""contents":[{"role":"user","parts":[{"text":" "}]},{"role":"model","parts":[{"text":"b"}]},"#
                + #"{"role":"user","parts":[{"text":" "}]}]"#),
        Case(
            rule: "instructions alone still need a turn", messages: [Message(.system, [.text("s")])],
            body: #""systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":" "}]}]"#),
        Case(
            rule: "Gemma 3 takes instructions as the user's words", model: "gemma-3-27b-it",
            messages: [Message(.system, [.text("s")]), askA],
            body: #""contents":[{"role":"user","parts":[{"text":"s"},{"text":"a"}]}]"#),
    ]

    private static let media = [
        Case(
            rule: "images and documents go as data and by URL; cache markers are no parts",
            messages: [
                Message(
                    .user,
                    [
                        .imageData(mediaType: "image/png", base64: "AAAA"),
                        .cacheMarker(GeminiRequestTests.raw("{}")),
                        .imageURL("https://e.com/a.JPG?x=1"), .imageURL("data:image/gif;base64,BBBB"),
                        .document(Document(.data(mediaType: "application/pdf", base64: "CCCC"), name: "c.pdf")),
                        .document(Document(.url("https://e.com/d"))),
                    ])
            ],
            body: #""contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}},"#
                + #"{"fileData":{"mimeType":"image/jpeg","fileUri":"https://e.com/a.JPG?x=1"}},"#
                + #"{"inlineData":{"mimeType":"image/gif","data":"BBBB"}},"#
                + #"{"inlineData":{"mimeType":"application/pdf","data":"CCCC"}},"#
                + #"{"fileData":{"fileUri":"https://e.com/d"}}]}]"#),
        Case(
            rule: "older models take Google's own URLs", model: "gemini-2.0-flash",
            messages: [
                Message(
                    .user,
                    [
                        .document(Document(.url("https://generativelanguage.googleapis.com/v1beta/files/x"))),
                        .imageURL("https://youtu.be/x"),
                    ])
            ],
            body: #""contents":[{"role":"user","parts":["#
                + #"{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x"}},"#
                + #"{"fileData":{"fileUri":"https://youtu.be/x"}}]}]"#),
        Case(
            rule: "a result of Gemini 3 may hold an image", model: three,
            messages: [
                askA, Message(.assistant, [], toolCalls: [call("1", "f", "{}", "AA==")]),
                Message(
                    .tool, [.text("see"), .imageData(mediaType: "image/png", base64: "AAAA")], toolCallID: "1"),
            ],
            body: #""contents":[\#(a),{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}},"#
                + #""thoughtSignature":"AA=="}]},{"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","#
                + #""response":{"result":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}]}]"#),
    ]

    private static let calls = [
        Case(
            rule: "results follow in the order of their calls, each by its name, without ids where they are refused",
            messages: [
                askA, Message(.assistant, [.text("t")], toolCalls: [call("1", "f", #"{"x":1}"#), call("2", "g", "")]),
                Message(.tool, [.text("two")], toolCallID: "2"), Message(.tool, [.text(#"{"y":2}"#)], toolCallID: "1"),
                Message(.user, [.text("b")]),
            ],
            body:
                #""contents":[\#(a),{"role":"model","parts":[{"text":"t"},{"functionCall":{"name":"f","args":{"x":1}}},"#
                + #"{"functionCall":{"name":"g","args":{}}}]},{"role":"user","parts":["#
                + #"{"functionResponse":{"name":"f","response":{"y":2}}},"#
                + #"{"functionResponse":{"name":"g","response":{"result":"two"}}}]},"#
                + #"{"role":"user","parts":[{"text":"b"}]}]"#),
        Case(
            rule: "calls told in several messages are one turn; results without ids answer them in order",
            messages: [
                askA, Message(.assistant, [], toolCalls: [call("1")]),
                Message(.assistant, [], toolCalls: [call("2", "g")]),
                Message(.tool, [.text("[1]")]), Message(.tool, [], toolCallID: ""),
            ],
            body: #""contents":[\#(a),{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}},"#
                + #"{"functionCall":{"name":"g","args":{}}}]},{"role":"user","parts":["#
                + #"{"functionResponse":{"name":"f","response":{"result":[1]}}},"#
                + #"{"functionResponse":{"name":"g","response":{"result":""}}}]}]"#),
        Case(
            rule: "two rounds of one id are two calls",
            messages: [
                askA, Message(.assistant, [], toolCalls: [call("1")]), Message(.tool, [.text("x")], toolCallID: "1"),
                Message(.assistant, [], toolCalls: [call("1", "g")]), Message(.tool, [.text("y")], toolCallID: "1"),
            ],
            body: #""contents":[\#(a),{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},"#
                + #"{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"x"}}}]},"#
                + #"{"role":"model","parts":[{"functionCall":{"name":"g","args":{}}}]},"#
                + #"{"role":"user","parts":[{"functionResponse":{"name":"g","response":{"result":"y"}}}]}]"#),
        Case(
            rule: "what would be read otherwise goes as text",
            messages: [
                askA, Message(.assistant, [], toolCalls: [call("1", "f", "{oops"), call("2", "g", #"{"$ref":"x"}"#)]),
                Message(.tool, [.text(#"{"$ref":"x"}"#)], toolCallID: "1"),
                Message(.tool, [.text(#"{"a":1,"a":2}"#)], toolCallID: "2"),
            ],
            body:
                #""contents":[\#(a),{"role":"model","parts":[{"functionCall":{"name":"f","args":{"arguments":"{oops"}}},"#
                + #"{"functionCall":{"name":"g","args":{"$ref":"x"}}}]},"#
                + #"{"role":"user","parts":["#
                + #"{"functionResponse":{"name":"f","response":{"result":"{\"$ref\":\"x\"}"}}},"#
                + #"{"functionResponse":{"name":"g","response":{"result":"{\"a\":1,\"a\":2}"}}}]}]"#,
            warnings: [
                "gemini/gemini-2.5-flash takes only JSON objects as arguments of a tool call: other texts were put into one"
            ]),
    ]

    private static let signatures = [
        Case(
            rule: "signatures go back byte for byte, on the text and on the call they came with", model: three,
            messages: [
                askA,
                Message(
                    .assistant, [.reasoning(text: "hm", signature: "A+/="), .text("t")],
                    toolCalls: [call("1", "f", "{}", "B-_="), call("2", "g")]),
                Message(.tool, [.text("x")], toolCallID: "1"), Message(.tool, [.text("y")], toolCallID: "2"),
            ],
            body: #""contents":[\#(a),{"role":"model","parts":[{"text":"t","thoughtSignature":"A+/="},"#
                + #"{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"B-_="},"#
                + #"{"functionCall":{"id":"2","name":"g","args":{}}}]},{"role":"user","parts":["#
                + #"{"functionResponse":{"id":"1","name":"f","response":{"result":"x"}}},"#
                + #"{"functionResponse":{"id":"2","name":"g","response":{"result":"y"}}}]}]"#),
        Case(
            rule: "a call another model made says so where a signature is demanded", model: three,
            messages: [
                askA,
                Message(
                    .assistant,
                    [.reasoning(text: "hm", signature: "not base64!"), .reasoning(text: "so", signature: nil)],
                    toolCalls: [call("1", "f", "{}", "rs_1|x"), call("2", "g")]),
                Message(.tool, [.text("x")], toolCallID: "1"), Message(.tool, [.text("y")], toolCallID: "2"),
            ],
            body: #""contents":[\#(a),{"role":"model","parts":["#
                + #"{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"\#(skip)"},"#
                + #"{"functionCall":{"id":"2","name":"g","args":{}}}]},{"role":"user","parts":["#
                + #"{"functionResponse":{"id":"1","name":"f","response":{"result":"x"}}},"#
                + #"{"functionResponse":{"id":"2","name":"g","response":{"result":"y"}}}]}]"#),
        Case(
            rule: "a signature without a text of its own keeps its place in an empty one",
            messages: [
                askA,
                Message(
                    .assistant,
                    [
                        .reasoning(text: "", signature: "AA=="), .reasoning(text: "", signature: "BB=="), .text("t"),
                        .reasoning(text: "", signature: "CC=="),
                    ]),
                Message(.user, [.text("b")]),
            ],
            body: #""contents":[\#(a),{"role":"model","parts":[{"text":"","thoughtSignature":"AA=="},"#
                + #"{"text":"t","thoughtSignature":"BB=="},{"text":"","thoughtSignature":"CC=="}]},"#
                + #"{"role":"user","parts":[{"text":"b"}]}]"#),
    ]
}
