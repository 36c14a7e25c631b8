import Testing
import UltraAPI

@testable import UltraProviders

/// The assignment of pieces to tool calls: one rule for all dialects.
@Suite struct CallAssemblyTests {
    typealias Piece = CallAssembly.Piece

    /// A call as a client assembles it.
    struct Call: Equatable {
        var id: String?
        var name: String?
        var arguments = ""
    }

    struct Case: CustomTestStringConvertible {
        let rule: String
        let pieces: [Piece]
        /// The expected names and arguments.
        let calls: [(String?, String)]
        var testDescription: String { rule }
    }

    private static func piece(
        _ key: Int?, _ id: String? = nil, _ name: String? = nil, _ arguments: String = "",
        form: CallAssembly.Form = .delta
    ) -> Piece {
        Piece(form: form, key: key, id: id, name: name, arguments: arguments)
    }

    private static let rain = #"{"where":"Lima"}"#
    private static let snow = #"{"where":"Oulu"}"#

    static let cases = [
        Case(
            rule: "an id wins over an index that moves",
            pieces: [piece(0, "a", "rain"), piece(1, "a", "rain", rain)], calls: [("rain", rain)]),
        Case(
            rule: "an id wins over the index of another call",
            pieces: [
                piece(0, "a", "rain", #"{"where":"#), piece(1, "b", "snow", snow), piece(1, "a", nil, #""Lima"}"#),
            ],
            calls: [("rain", rain), ("snow", snow)]),
        Case(
            rule: "two names under one id are two calls, and their indexes tell the pieces apart",
            pieces: [
                piece(0, "a", "rain"), piece(1, "a", "snow"), piece(0, "a", nil, rain), piece(1, "a", nil, snow),
            ], calls: [("rain", rain), ("snow", snow)]),
        Case(
            rule: "an id that changes in every piece is the same call",
            pieces: [
                piece(0, "a", "rain"), piece(0, "b", nil, #"{"where":"#), piece(0, "c", nil, #""Lima"}"#),
            ], calls: [("rain", rain)]),
        Case(
            rule: "an id that changes beside the repeated name is the same call, where an object is open",
            pieces: [piece(0, "a", "rain", #"{"where":"#), piece(0, "b", "rain", #""Lima"}"#)], calls: [("rain", rain)]),
        Case(
            rule: "an id may come after the name",
            pieces: [piece(0, nil, "rain"), piece(0, "a", nil, rain)], calls: [("rain", rain)]),
        Case(
            rule: "an id may come late, beside the repeated name",
            pieces: [piece(0, nil, "rain"), piece(0, "a", "rain", rain)], calls: [("rain", rain)]),
        Case(
            rule: "an empty id is none",
            pieces: [piece(0, "a", "rain"), piece(0, "", "", #"{"where":"#), piece(0, "", nil, #""Lima"}"#)],
            calls: [("rain", rain)]),
        Case(
            rule: "another id with a name is another call at the same index",
            pieces: [piece(0, "a", "rain", rain), piece(0, "b", "snow", snow)],
            calls: [("rain", rain), ("snow", snow)]),
        Case(
            rule: "another object after a complete one is the next call",
            pieces: [piece(0, "a", "rain", rain), piece(0, nil, nil, snow)], calls: [("rain", rain), ("rain", snow)]),
        Case(
            rule: "the next call may come in pieces, and under an id of its own",
            pieces: [piece(0, "a", "rain", rain), piece(0, "b", nil, "{"), piece(0, "b", nil, #""where":"Oulu"}"#)],
            calls: [("rain", rain), ("rain", snow)]),
        Case(
            rule: "complete arguments that come again are not the next call",
            pieces: [piece(0, "a", "rain", rain), piece(0, "a", "rain", #"{ "where": "Lima" }"#)],
            calls: [("rain", rain)]),
        Case(
            rule: "another name is another call, with or without ids",
            pieces: [piece(0, nil, "rain"), piece(0, nil, "snow", snow)], calls: [("rain", "{}"), ("snow", snow)]),
        Case(
            rule: "without an index the last call goes on",
            pieces: [
                piece(nil, "a", "rain", "{"), piece(nil, nil, nil, #""where":"Lima"}"#), piece(nil, "b", "snow", snow),
            ],
            calls: [("rain", rain), ("snow", snow)]),
        Case(
            rule: "a piece without id and name at an index of its own goes on with the call that is open",
            pieces: [piece(0, "a", "rain", #"{"where":"#), piece(1, nil, nil, #""Lima"}"#)], calls: [("rain", rain)]),
        Case(
            rule: "parallel calls may take turns",
            pieces: [
                piece(0, "a", "rain", "{"), piece(1, "b", "snow", "{"), piece(0, nil, nil, #""where":"Lima"}"#),
                piece(1, nil, nil, #""where":"Oulu"}"#),
            ], calls: [("rain", rain), ("snow", snow)]),
        Case(
            rule: "an empty object before further pieces is not a part of them",
            pieces: [piece(0, "a", "rain", "{}"), piece(0, nil, nil, rain)], calls: [("rain", rain)]),
        Case(
            rule: "an empty object before an object in pieces neither",
            pieces: [piece(0, "a", "rain", "{ }"), piece(0, nil, nil, "{"), piece(0, nil, nil, #""where":"Lima"}"#)],
            calls: [("rain", rain)]),
        Case(
            rule: "an empty object after the arguments is no call",
            pieces: [piece(0, "a", "rain", rain), piece(0, nil, nil, "{}")], calls: [("rain", rain)]),
        Case(
            rule: "two calls without ids and arguments are told apart by their names",
            pieces: [piece(nil, nil, "rain", "{}"), piece(nil, nil, "rain", "{}")],
            calls: [("rain", "{}"), ("rain", "{}")]),
        Case(rule: "no arguments are an empty object", pieces: [piece(0, "a", "rain")], calls: [("rain", "{}")]),
        Case(
            rule: "null is an empty object", pieces: [piece(0, "a", "rain", "null")], calls: [("rain", "{}")]),
        Case(
            rule: "null inside an object is its value",
            pieces: [piece(0, "a", "rain", #"{"x":"#), piece(0, nil, nil, "null"), piece(0, nil, nil, "}")],
            calls: [("rain", #"{"x":null}"#)]),
        Case(
            rule: "null in a call that is all of it",
            pieces: [piece(nil, nil, "rain", "null", form: .own), piece(nil, nil, "snow", "", form: .own)],
            calls: [("rain", "{}"), ("snow", "{}")]),
        Case(
            rule: "whole calls without ids are calls of their own, though they say the same",
            pieces: [piece(nil, nil, "rain", rain, form: .own), piece(nil, nil, "rain", rain, form: .own)],
            calls: [("rain", rain), ("rain", rain)]),
        Case(
            rule: "a whole call that is told twice under one id is one",
            pieces: [piece(nil, "a", "rain", rain, form: .own), piece(nil, "a", "rain", rain, form: .own)],
            calls: [("rain", rain)]),
        Case(
            rule: "whole calls that differ are two, though they share an id",
            pieces: [piece(nil, "a", "rain", rain, form: .own), piece(nil, "a", "rain", snow, form: .own)],
            calls: [("rain", rain), ("rain", snow)]),
        Case(
            rule: "what a call begins with counts if nothing follows",
            pieces: [piece(0, "a", "rain", rain, form: .start)], calls: [("rain", rain)]),
        Case(
            rule: "and not if the pieces say it again",
            pieces: [
                piece(0, "a", "rain", #"{ "where": "Lima" }"#, form: .start), piece(0, nil, nil, #"{"where":"#),
                piece(0, nil, nil, #""Lima"}"#),
            ], calls: [("rain", rain)]),
        Case(
            rule: "of a whole only the rest is delivered",
            pieces: [piece(0, "a", "rain", #"{"where":"#), piece(0, "a", "rain", rain, form: .whole)],
            calls: [("rain", rain)]),
        Case(
            rule: "all of it where nothing was",
            pieces: [piece(3, "a", "rain"), piece(3, nil, nil, rain, form: .whole)], calls: [("rain", rain)]),
        Case(
            rule: "nothing where everything was, whatever the layout and the id",
            pieces: [piece(0, "a", "rain", rain), piece(0, "other", "rain", #"{"where": "Lima"}"#, form: .whole)],
            calls: [("rain", rain)]),
        Case(
            rule: "a whole that no piece announced is a call",
            pieces: [piece(0, "a", "rain", rain), piece(1, "b", "snow", snow, form: .whole)],
            calls: [("rain", rain), ("snow", snow)]),
        Case(
            rule: "what is no JSON is handed on",
            pieces: [piece(0, "a", "rain", "Lima"), piece(0, nil, nil, " or so")], calls: [("rain", "Lima or so")]),
    ]

    private static func calls(_ pieces: [Piece], _ assembly: inout CallAssembly) -> [Call] {
        var calls: [Call] = []
        func add(_ delta: ToolCallDelta) {
            if delta.index == calls.count { calls.append(Call(id: delta.id)) } else { #expect(delta.id == nil) }
            if let name = delta.name { calls[delta.index].name = name }
            calls[delta.index].arguments += delta.arguments
        }
        for piece in pieces { if let delta = assembly.receive(piece) { add(delta) } }
        for delta in assembly.conclude() { add(delta) }
        return calls
    }

    @Test("pieces become the intended calls", arguments: cases)
    func assembled(example: Case) {
        var assembly = CallAssembly(replyID: 7)
        let calls = Self.calls(example.pieces, &assembly)
        #expect(calls.map(\.name) == example.calls.map(\.0))
        #expect(calls.map(\.arguments) == example.calls.map(\.1))
        #expect(Set(calls.compactMap(\.id)).count == calls.count, "ids repeat, or lack")
        #expect(!assembly.hasOpenCall)
    }

    @Test(
        "arguments that end inside a bracket or a string are open",
        arguments: ["{", #"{"a":"b"#, #"{"a":[1]"#, #"{"a":"}\""#])
    func open(arguments: String) {
        var assembly = CallAssembly(replyID: 7)
        _ = Self.calls([Self.piece(0, "a", "rain", arguments)], &assembly)
        #expect(assembly.hasOpenCall)
    }

    @Test("generated ids depend on the reply and the call, and on nothing else")
    func ids() {
        let pieces = [Self.piece(nil, nil, "f", "{}", form: .own), Self.piece(nil, nil, "f", "{}", form: .own)]
        var (first, again, other) = (
            CallAssembly(replyID: 0xABCD), CallAssembly(replyID: 0xABCD), CallAssembly(replyID: 0xABCE)
        )
        let ids = Self.calls(pieces, &first).map(\.id)
        #expect(ids == ["call_xxp_0", "call_xxp_1"])
        #expect(Self.calls(pieces, &again).map(\.id) == ids)
        #expect(Set(Self.calls(pieces, &other).map(\.id)).isDisjoint(with: ids))
    }

    @Test("an answer has a limited number of calls")
    func limit() {
        var assembly = CallAssembly(replyID: 7)
        for number in 0..<CallAssembly.limit {
            #expect(assembly.receive(Self.piece(number, "id\(number)", "f", "{}")) != nil)
        }
        #expect(!assembly.hasExcess)
        #expect(assembly.receive(Self.piece(nil, "more", "f", "{}")) == nil)
        #expect(assembly.hasExcess)
        #expect(assembly.count == CallAssembly.limit)
    }
}
