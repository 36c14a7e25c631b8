import Testing
import UltraAPI

@testable import UltraProviders

struct DockerAdapterTests {
    private static let hi = Request(messages: [Message(.user, [.text("Hi")])])

    @Test(
        "answers come from the engine's API, the list from the runner's own",
        arguments: [
            ("http://localhost:12434", nil, "http://localhost:12434/engines/v1", "http://localhost:12434"),
            ("http://localhost:12434/engines/v1", nil, "http://localhost:12434/engines/v1", "http://localhost:12434"),
            (
                "http://10.0.0.2:12434/engines/llama.cpp/v1", nil, "http://10.0.0.2:12434/engines/llama.cpp/v1",
                "http://10.0.0.2:12434"
            ),
            ("http://box:12434/v1/", nil, "http://box:12434/v1", "http://box:12434"),
            (
                "http://localhost/exp/vDD4.40", "/var/run/docker.sock",
                "http://localhost/exp/vDD4.40/engines/v1", "http://localhost/exp/vDD4.40"
            ),
        ] as [(String, String?, String, String)])
    func urls(endpoint: String, socket: String?, api: String, root: String) throws {
        let adapter = DockerAdapter.testing(endpoint, socketPath: socket)
        let chat = try adapter.encode(Self.hi, model: "ai/smollm2", isStream: true).http
        #expect(chat.url == "\(api)/chat/completions")
        #expect(adapter.listRequest(page: nil).url == "\(root)/models")
        #expect(adapter.listRequest(page: nil).method == .get)
        #expect(adapter.loadingRequest()?.url == "\(root)/engines/ps")
        for request in [chat, adapter.listRequest(page: nil), try #require(adapter.loadingRequest())] {
            #expect(request.unixSocketPath == socket)
            #expect(!request.headers.contains { $0.name == "Authorization" })
        }
    }

    @Test("a request is one of a local server that speaks OpenAI's API")
    func body() throws {
        var request = Self.hi
        request.sampling.maxTokens = 5
        request.sampling.topK = 3
        request.sampling.stop = ["x"]
        let encoded = try DockerAdapter.testing().encode(request, model: "ai/smollm2", isStream: true)
        #expect(
            String(decoding: encoded.http.body, as: UTF8.self)
                == #"{"model":"ai/smollm2","messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"top_k":3,"#
                + #""stop":["x"],"stream":true,"stream_options":{"include_usage":true}}"#)
        #expect(encoded.warnings.isEmpty)
    }

    @Test(
        "a request that the engine cannot serve is refused before anything is sent",
        arguments: [
            Part.imageURL("https://e.com/a.png"),
            .document(Document(.data(mediaType: "application/pdf", base64: "AAAA"))),
        ])
    func refusal(part: Part) {
        let error = #expect(throws: UltraError.self) {
            try DockerAdapter.testing().encode(
                Request(messages: [Message(.user, [part])]), model: "m", isStream: false)
        }
        #expect(error?.code == .capabilityMissing)
        #expect(error?.hint != nil)
    }

    @Test("a body above the runner's limit is refused, one below is not")
    func limit() throws {
        func encode(_ bytes: Int) throws -> Int {
            let image = Part.imageData(mediaType: "image/png", base64: String(repeating: "A", count: bytes))
            return try DockerAdapter.testing().encode(
                Request(messages: [Message(.user, [image])]), model: "m", isStream: false
            ).http.body.count
        }
        #expect(try encode((10 << 20) - 1000) < 10 << 20)
        let error = #expect(throws: UltraError.self) { try encode(10 << 20) }
        #expect(error?.code == .badRequest)
    }

    @Test(
        "engines report the models they are loading",
        arguments: [
            (
                #"[{"backend_name":"llama.cpp","model_name":"docker.io/ai/smollm2:latest","mode":"completion","loading":true},"#
                    + #"{"backend_name":"llama.cpp","model_name":"sha256:354bf30d0aa3","in_use":true}]"#,
                [
                    DockerRunning(model: "ai/smollm2", isLoading: true),
                    DockerRunning(model: "sha256:354bf30d0aa3", isLoading: false),
                ]
            ), ("[]", []), ("null", []),
        ])
    func running(json: String, running: [DockerRunning]) throws {
        let found = try JSONReader.read(Array(json.utf8)) { (reader) throws(JSONError) in
            let found = try DockerRunning.read(&reader)
            try reader.end()
            return found
        }
        #expect(found == running)
    }
}
