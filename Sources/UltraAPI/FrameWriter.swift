/// Encodes frames for one peer into one buffer of bytes to be sent.
package struct FrameWriter: Sendable {
    /// Bytes to be sent, in order.
    package private(set) var bytes: [UInt8] = []

    /// Buffer capacity kept once everything was sent. A larger buffer is released.
    static let keptCapacityBytes = 8 << 10

    private let maxFrameBytes: Int
    /// The beginning of a text `delta` of request `textOpeningID`, with its length left open.
    private var textOpening: [UInt8] = []
    private var textOpeningID = 0

    package init(maxFrameBytes: Int = FrameDecoder.defaultMaxFrameBytes) {
        self.maxFrameBytes = maxFrameBytes
    }

    /// Clears the buffer after everything was sent.
    /// - Parameter expectingMore: Keep a large buffer: growing a new one for each burst costs more than the burst.
    package mutating func removeAll(expectingMore: Bool) {
        bytes.removeAll(keepingCapacity: expectingMore || bytes.capacity <= Self.keptCapacityBytes)
    }

    /// Removes bytes that were sent.
    package mutating func removeFirst(_ count: Int) {
        bytes.removeFirst(count)
    }

    /// Appends bytes that are not a frame: an answer in another protocol.
    package mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends the frame `{"id":id,"event":event,…}` with the members that `write` adds. If it exceeds the frame limit,
    /// appends an `error` instead, which is terminal like a `result`.
    package mutating func frame(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void = { _ in }) {
        limit(encode(id, event, write), id)
    }

    /// Appends a frame unless it exceeds the frame limit. Returns true if it was appended.
    mutating func attempt(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void) -> Bool {
        let length = encode(id, event, write)
        guard length > maxFrameBytes else { return true }
        bytes.removeLast(4 + length)
        return false
    }

    /// Appends a text `delta`: a fast path for the most frequent frame, with the same result as `frame(_:_:_:)`. Long
    /// text is split into several frames.
    package mutating func text(_ id: Int, _ text: String) {
        guard fits(text) else {
            for piece in pieces(of: text) { frame(id, "delta") { $0.field("text", piece) } }
            return
        }
        if id != textOpeningID {
            textOpeningID = id
            textOpening = Array("\0\0\0\0{\"id\":\(id),\"event\":\"delta\",\"text\":".utf8)
        }
        let start = bytes.count
        bytes.append(contentsOf: textOpening)
        JSONText.appendQuoted(text, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        limit(setLength(from: start), id)
    }

    /// The longest escape of one byte, `\u00XX`.
    private static let escapedLength = 6
    /// An upper bound for a frame's bytes besides its text.
    private static let openingBytes = 600

    /// True if `text` fits into one frame, even if every byte is escaped.
    private func fits(_ text: String) -> Bool {
        text.utf8.count <= maxFrameBytes / Self.escapedLength - Self.openingBytes
    }

    /// `text` split into parts that each fit into one frame.
    private func pieces(of text: String) -> [String] {
        guard !fits(text), !text.isEmpty else { return [text] }
        // If the limit is too small for any text, each part becomes an error.
        let length = max(64, maxFrameBytes / Self.escapedLength - Self.openingBytes)
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            var end = rest.utf8.index(rest.startIndex, offsetBy: length, limitedBy: rest.endIndex) ?? rest.endIndex
            // Do not split the bytes of a character.
            while end < rest.endIndex, rest.utf8[end] & 0xC0 == 0x80 { end = rest.utf8.index(before: end) }
            pieces.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return pieces
    }

    /// Replaces the last frame, of `length` bytes, by an error if it exceeds the frame limit.
    private mutating func limit(_ length: Int, _ id: Int) {
        guard length > maxFrameBytes else { return }
        bytes.removeLast(4 + length)
        error(
            id,
            UltraError(
                .tooLarge,
                "the answer has \(length) bytes, more than one frame allows (limits.frame_bytes: \(maxFrameBytes))",
                hint: "request less at once, use stream, or raise limits.frame_bytes", provider: "ultrad"))
    }

    /// Appends a frame of any length and returns its length.
    @discardableResult
    mutating func encode(_ id: Int, _ event: StaticString, _ write: (inout JSONWriter) -> Void) -> Int {
        let start = bytes.count
        // The length is filled in below. Written without `JSONWriter` for speed: this runs for every frame of every
        // stream.
        append("\0\0\0\0{\"id\":")
        JSONText.appendDecimal(id, places: 0, to: &bytes)
        append(",\"event\":\"")
        append(event)
        append("\"")
        var json = JSONWriter(continuingObject: take())
        write(&json)
        json.endObject()
        // Swapped, not copied: a second reference would make the next write copy all unsent bytes.
        swap(&bytes, &json.bytes)
        return setLength(from: start)
    }

    /// Fills in the length of the frame that begins at `start`, and returns it.
    private mutating func setLength(from start: Int) -> Int {
        let length = bytes.count - start - 4
        let prefix = UInt32(truncatingIfNeeded: length).bigEndian
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: prefix, toByteOffset: start, as: UInt32.self) }
        return length
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Moves the buffer out, so that the JSON writer appends to it without a copy.
    private mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}

// MARK: - Stream frames

extension FrameWriter {
    /// Appends a `start`: the model and provider of a stream.
    package mutating func start(_ id: Int, _ answer: Answer) {
        frame(id, "start") { json in
            json.field("model", answer.model)
            json.field("provider", answer.provider)
            if answer.isMock { json.field("mock", true) }
        }
    }

    /// Appends a `delta`. Events without content appear only in `done` and add nothing here.
    package mutating func event(_ id: Int, _ event: AnswerEvent) {
        switch event {
        case .text(let text): self.text(id, text)
        case .reasoning(let text):
            for piece in pieces(of: text) { frame(id, "delta") { $0.field("reasoning", piece) } }
        case .reasoningSignature(let signature):
            frame(id, "delta") { $0.field("reasoning_signature", signature) }
        case .toolCall(let call):
            for (index, arguments) in pieces(of: call.arguments).enumerated() {
                frame(id, "delta") { json in
                    json.key("tool_call")
                    json.beginObject()
                    json.field("index", call.index)
                    // The first fragment names the call; the others only continue its arguments.
                    if index == 0 {
                        json.fieldIfPresent("id", call.id)
                        json.fieldIfPresent("name", call.name)
                    }
                    json.field("arguments", arguments)
                    if index == 0 { json.fieldIfPresent("signature", call.signature) }
                    json.endObject()
                }
            }
        case .providerModel, .usage, .finish, .warning:
            break
        }
    }

    /// - Parameters:
    ///   - attempt: The attempt's number, counted from 1.
    ///   - retryInMilliseconds: Time until the request is sent again; nil if it is not waiting for a retry.
    package mutating func progress(
        _ id: Int, _ phase: ProgressPhase, attempt: Int? = nil, retryInMilliseconds: Int? = nil
    ) {
        frame(id, "progress") { json in
            json.field("phase", phase.rawValue)
            json.fieldIfPresent("attempt", attempt)
            json.fieldIfPresent("retry_in_ms", retryInMilliseconds)
        }
    }

    /// The answer so far is void: another model starts over.
    package mutating func restart(_ id: Int) {
        frame(id, "restart")
    }

    /// `{"id":0,"event":"goaway"}`: this connection accepts no new requests.
    package mutating func goAway(_ reason: String) {
        frame(0, "goaway") { $0.field("reason", reason) }
    }
}

/// What a request is waiting for; the raw values are the wire's words.
package enum ProgressPhase: String, Sendable {
    case queued, connecting, retrying
    case loadingModel = "loading_model"
    case waitingFirstToken = "waiting_first_token"
}
