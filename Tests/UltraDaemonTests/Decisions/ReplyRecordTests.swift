import Testing
import UltraAPI

@testable import UltraDaemon

@Suite("Cache: records of the file")
struct ReplyRecordTests {
    static var full: Answer {
        var answer = AnswerLogTests.answer(AnswerLogTests.events)
        answer.providerModel = "m-1"
        answer.finishReason = .toolCalls
        answer.usage = Usage(
            inputTokens: 1, outputTokens: 2, cachedInputTokens: 3, cacheWriteTokens: 4, reasoningTokens: 5,
            source: .measured)
        answer.costMicroUSD = 6
        answer.requestID = "r"
        answer.warnings = ["w", "\"\n"]
        answer.isMock = true
        return answer
    }

    static var vectors: EmbedAnswer {
        var embeddings = Embeddings(vectors: [RawJSON(validated: Array("[0.1,-2e-3]".utf8))])
        embeddings.dimensions = 2
        embeddings.providerModel = "e-1"
        embeddings.inputTokens = 3
        var answer = EmbedAnswer(model: "p/e", provider: "p", embeddings)
        answer.costMicroUSD = 1
        answer.warnings = ["w"]
        return answer
    }

    @Test(
        "a written record is read back unchanged",
        arguments: [
            Reply.answer(full), .answer(Answer(model: "p/m", provider: "p")), .embeddings(vectors),
            .embeddings(EmbedAnswer(model: "p/m", provider: "p", Embeddings())),
        ])
    func roundTrip(reply: Reply) {
        #expect(ReplyRecord.reply(ReplyRecord.bytes(reply.kept)) == reply.kept)
    }

    @Test(
        "a record that this daemon would not have written is ignored",
        arguments: ["", "{", "[]", "{}", #"{"model":1}"#, #"{"model":"m"}"#, #"{"model":"m","provider":"p","text":5}"#])
    func broken(text: String) {
        #expect(ReplyRecord.reply(Array(text.utf8)) == nil)
    }

    @Test("a record without an order has the usual one, and an invalid order is ignored")
    func order() {
        func answer(_ more: String) -> Answer? {
            let json =
                #"{"model":"m","provider":"p","text":"Té","reasoning":[{"text":"R"}],"#
                + #""tool_calls":[{"id":"c","name":"f","arguments":"{}"}]\#(more)}"#
            guard case .answer(let answer)? = ReplyRecord.reply(Array(json.utf8)) else { return nil }
            return answer
        }
        #expect(answer("")?.order == [.reasoning(0), .text(0), .call(0)])
        #expect(answer(#","order":[0,0,2,0,0,1,1,0]"#)?.order == [.text(0), .call(0), .text(1), .reasoning(0)])
        for wrong in ["[0]", "[0,4]", "[0,1,0,0]", "[1,1]", "[2,1]", "[3,0]", "[0,-1]"] {
            #expect(answer(#","order":\#(wrong)"#) == nil, "\(wrong)")
        }
    }

    @Test("a kept reply has nothing of the request that brought it")
    func kept() {
        var answer = Self.full
        answer.attempts = [Attempt(model: "p/m", error: nil, status: 200, milliseconds: 1)]
        answer.timing.total = 5
        guard case .answer(let kept) = Reply.answer(answer).kept else { return }
        #expect(kept.attempts.isEmpty)
        #expect(kept.timing == Timing())
        #expect(kept.text == answer.text)
    }
}
