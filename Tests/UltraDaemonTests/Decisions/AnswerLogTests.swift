import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Cache: an answer as it comes")
struct AnswerLogTests {
    static func call(_ index: Int, id: String? = nil, _ arguments: String) -> AnswerEvent {
        .toolCall(ToolCallDelta(index: index, id: id, name: id.map { "f\($0)" }, arguments: arguments))
    }

    static let events: [AnswerEvent] = [
        .reasoning("let me "), .reasoning("think"), .reasoningSignature("s1"), .reasoning("again"), .text("Grüß"),
        .providerModel("m"), .text(""), .text(" Gott"), call(0, id: "1", ""), call(0, #"{"x":"#), call(0, "1}"),
        call(1, id: "2", "{}"), .usage(Usage(inputTokens: 1)), .text("."), .finish(.stop),
    ]

    /// The content of events, joined.
    static func answer(_ events: [AnswerEvent]) -> Answer {
        var answer = Answer(model: "p/m", provider: "p")
        for event in events { answer.receive(event, keepsContent: true) }
        answer.providerModel = nil
        answer.usage = Usage()
        answer.finishReason = .other
        return answer
    }

    @Test("readers of any pace read the same, and a late one catches up in few steps")
    func paces() {
        for pace in 1...Self.events.count {
            var log = AnswerLog()
            var position = AnswerLog.Position()
            var read: [AnswerEvent] = []
            for (number, event) in Self.events.enumerated() {
                log.append(event)
                guard number % pace == pace - 1 else { continue }
                while let next = log.next(&position) { read.append(next) }
                #expect(log.isEnd(position))
            }
            while let next = log.next(&position) { read.append(next) }
            #expect(Self.answer(read) == Self.answer(Self.events))
            if pace == Self.events.count { #expect(read.count == 9) }
        }
    }

    @Test("a stored answer is read unchanged")
    func replay() {
        let answer = Self.answer(Self.events)
        let log = AnswerLog(answer)
        var position = AnswerLog.Position()
        var read: [AnswerEvent] = []
        while let next = log.next(&position) { read.append(next) }
        #expect(Self.answer(read) == answer)
        #expect(log.completed(Answer(model: "p/m", provider: "p")) == answer)
    }

    @Test("events that every reader has read can be dropped, and no reader misses any")
    func dropping() {
        var log = AnswerLog()
        var (fast, slow) = (AnswerLog.Position(), AnswerLog.Position())
        var (fastText, slowText) = ("", "")
        let piece = String(repeating: "x", count: 1000)
        for number in 0..<1000 {
            log.append(.text("\(number) \(piece)"))
            while case .text(let text)? = log.next(&fast) { fastText += text }
            guard number % 200 == 199 else { continue }
            while case .text(let text)? = log.next(&slow) { slowText += text }
            log.drop(before: min(fast, slow))
            #expect(log.byteCount <= AnswerLog.segmentBytes + 2000)
        }
        #expect(fastText == slowText)
        #expect(fastText.utf8.count == (0..<1000).reduce(0) { $0 + "\($1)".utf8.count + 1001 })
    }

    @Test("empty pieces are no content")
    func empty() {
        var log = AnswerLog()
        for event in [AnswerEvent.text(""), .reasoning(""), .usage(Usage()), .finish(.stop)] { log.append(event) }
        #expect(log.isEmpty)
        #expect(log.isEnd(AnswerLog.Position()))
    }
}
