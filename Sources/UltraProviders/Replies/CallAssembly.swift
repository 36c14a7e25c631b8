import UltraAPI

/// Decides which tool call of an answer a piece belongs to, for all dialects. Pure.
///
/// 1. An id that is known wins, whatever the index: one call may come under several. Only where calls of several names
///    share an id, the index tells them apart.
/// 2. Else the index decides, or without one the last call. An id that changes within a call, comes late or is empty
///    makes no other call of it; an id together with a name does, unless the piece can only be the rest of a call.
/// 3. A call whose arguments are complete is followed by the next one when another object begins in its place.
/// 4. Arguments that say nothing (`{}`, `null`) and come first are not a part of those that follow.
///
/// Every look-up is by dictionary, and a call remembers length and hash of its arguments, not the arguments.
struct CallAssembly: Sendable {
    /// Most calls of one answer.
    static let limit = 1024

    /// What the provider promises of a piece.
    enum Form: Sendable, Equatable {
        /// A part of a call, which goes on where the part before it ended.
        case delta
        /// The beginning of a call. Complete arguments count only if no deltas bring any.
        case start
        /// All of a call, of which deltas may have brought some or all already.
        case whole
        /// All of a call that no other piece belongs to.
        case own
    }

    struct Piece: Sendable, Equatable {
        var form = Form.delta
        /// The provider's number of the call; nil: it gives none.
        var key: Int?
        /// The provider's id; nil or empty: it gives none here.
        var id: String?
        var name: String?
        var arguments = ""
        /// Opaque proof that goes back with the call; whole.
        var signature: String?
    }

    private struct Call {
        /// As the client knows it.
        var id: String
        /// The provider's, the first it gave; calls may share one.
        var providerID: String?
        var name: String?
        /// Of the arguments that were delivered.
        var said = SaidText()
        var scan = ArgumentScan()
        /// Arguments that count only if no others come.
        var held: String?
        var hasSignature = false

        var isWhole: Bool { scan.isWhole }
    }

    private var calls: [Call] = []
    /// By the provider's ids, late ones included.
    private var indexByID: [String: Int] = [:]
    private var indexByKey: [Int: Int] = [:]
    private let idPrefix: String
    /// More calls came than an answer may have; they were dropped.
    private(set) var hasExcess = false

    /// - Parameter replyID: makes the ids unique that the provider does not give.
    init(replyID: UInt64) {
        idPrefix = "call_\(String(replyID, radix: 36))_"
    }

    var count: Int { calls.count }
    var isEmpty: Bool { calls.isEmpty }

    /// Whether a call with the provider's number `key` was begun.
    func hasCall(_ key: Int) -> Bool { indexByKey[key] != nil }

    /// The arguments of some call end in the middle.
    var hasOpenCall: Bool { calls.contains { $0.scan.isOpen } }

    /// Takes a piece, and returns what of it is to be delivered; nil: nothing.
    mutating func take(_ piece: Piece) -> ToolCallDelta? {
        var piece = piece
        if piece.id?.isEmpty == true { piece.id = nil }
        if piece.name?.isEmpty == true { piece.name = nil }
        guard let index = owner(of: piece) else { return begin(piece) }
        if let key = piece.key { indexByKey[key] = index }
        if let id = piece.id, indexByID[id] == nil {
            indexByID[id] = index
            calls[index].providerID = calls[index].providerID ?? id
        }
        return goOn(index, piece)
    }

    /// The arguments that are still owed when the answer ends.
    mutating func conclude() -> [ToolCallDelta] {
        var deltas: [ToolCallDelta] = []
        for index in calls.indices where calls[index].said.isEmpty {
            deltas.append(ToolCallDelta(index: index, arguments: say(calls[index].held ?? "{}", index)))
        }
        return deltas
    }

    /// Whether `pieces` are the calls of the answer once more, in their order.
    func isRepeated(by pieces: [Piece]) -> Bool {
        guard !calls.isEmpty, pieces.count == calls.count else { return false }
        // One call without arguments may well be made twice.
        guard pieces.count > 1 || !pieces[0].arguments.isEmptyArguments else { return false }
        return zip(calls, pieces).allSatisfy { call, piece in call.name == piece.name && Self.isSame(call, piece) }
    }

    // MARK: - Whose it is

    /// The index of the call that `piece` belongs to; nil: it begins another.
    private func owner(of piece: Piece) -> Int? {
        if let id = piece.id, let first = indexByID[id] {
            let index = piece.key.flatMap { indexByKey[$0] }.flatMap { calls[$0].providerID == id ? $0 : nil } ?? first
            return isOf(calls[index], knownByID: piece) ? index : nil
        }
        switch piece.form {
        case .own: return nil
        case .whole: return repeated(by: piece)
        case .delta, .start: break
        }
        guard let index = piece.key.map({ indexByKey[$0] }) ?? calls.indices.last else {
            // A call has a name, or at least an id: without both it is the rest of one that lost its index.
            guard let last = calls.last, piece.id == nil, piece.name == nil, !last.isWhole else { return nil }
            return calls.count - 1
        }
        return isOf(calls[index], knownByPlace: piece) ? index : nil
    }

    private func isOf(_ call: Call, knownByID piece: Piece) -> Bool {
        if let name = piece.name, let known = call.name, name != known { return false }
        switch piece.form {
        case .whole, .start: return true
        case .delta, .own:
            guard call.isWhole, piece.arguments.beginsObject else { return true }
            return Self.isSame(call, piece)
        }
    }

    private func isOf(_ call: Call, knownByPlace piece: Piece) -> Bool {
        let beginsObject = piece.arguments.beginsObject
        let isRest = call.scan.isOpen && !beginsObject && !piece.arguments.isBlankJSON
        if isRest { return true }
        if let name = piece.name, let known = call.name, name != known { return false }
        if piece.id != nil, piece.name != nil {
            // The id comes late.
            return call.providerID == nil && !call.isWhole
        }
        if call.isWhole, beginsObject {
            // Some servers end a call with an empty object.
            return piece.id == nil && piece.name == nil && piece.arguments.isEmptyArguments
        }
        // Without ids, a name is all that tells one call without arguments from the next.
        if call.held != nil, piece.id == nil, piece.name != nil, beginsObject { return false }
        return true
    }

    /// The call that `piece` tells as a whole once more, under an id that is new or none.
    private func repeated(by piece: Piece) -> Int? {
        guard piece.id != nil || piece.name != nil else {
            return piece.key.map { indexByKey[$0] } ?? calls.indices.last
        }
        guard let key = piece.key, let index = indexByKey[key] ?? (calls.indices.contains(key) ? key : nil) else {
            return nil
        }
        let call = calls[index]
        if let name = piece.name, let known = call.name, name != known { return nil }
        if piece.id == nil || call.providerID == nil || !call.isWhole { return index }
        return Self.isSame(call, piece) ? index : nil
    }

    /// The arguments say the same, whatever their layout.
    private static func isSame(_ call: Call, _ piece: Piece) -> Bool {
        let arguments = piece.arguments.isBlankJSON || piece.arguments.isEmptyArguments ? "{}" : piece.arguments
        let known = call.said.isEmpty ? ArgumentScan(call.held ?? "{}") : call.scan
        return known.significant == ArgumentScan(arguments).significant
    }

    // MARK: - What is delivered

    private mutating func begin(_ piece: Piece) -> ToolCallDelta? {
        guard calls.count < Self.limit else {
            hasExcess = true
            return nil
        }
        let index = calls.count
        let isKnown = piece.id.map { indexByID[$0] != nil } ?? false
        var call = Call(id: piece.id ?? "", providerID: piece.id, name: piece.name)
        if piece.id == nil || isKnown { call.id = newID(index) }
        // The next call in the place of one that is complete may leave out what is the same.
        if call.name == nil, let before = piece.key.map({ indexByKey[$0] }) ?? calls.indices.last {
            call.name = calls[before].name
        }
        call.hasSignature = piece.signature != nil
        calls.append(call)
        if let id = piece.id, !isKnown { indexByID[id] = index }
        if let key = piece.key { indexByKey[key] = index }
        return ToolCallDelta(
            index: index, id: call.id, name: call.name, arguments: news(of: piece, index), signature: piece.signature)
    }

    private mutating func goOn(_ index: Int, _ piece: Piece) -> ToolCallDelta? {
        // Some servers repeat the name in every piece.
        let name = calls[index].name == nil ? piece.name : nil
        if name != nil { calls[index].name = name }
        let signature = calls[index].hasSignature ? nil : piece.signature
        if signature != nil { calls[index].hasSignature = true }
        let arguments = news(of: piece, index)
        guard name != nil || signature != nil || !arguments.isEmpty else { return nil }
        return ToolCallDelta(index: index, name: name, arguments: arguments, signature: signature)
    }

    /// The arguments of `piece` that were not delivered.
    private mutating func news(of piece: Piece, _ index: Int) -> String {
        let arguments = piece.arguments
        if piece.form == .own {
            guard calls[index].said.isEmpty else { return "" }
            return say(arguments.isBlankJSON || arguments.isNullJSON ? "{}" : arguments, index)
        }
        guard calls[index].said.isEmpty else {
            switch piece.form {
            case .start, .own: return ""
            case .whole: return say(calls[index].said.rest(of: arguments) ?? "", index)
            case .delta:
                // Complete arguments are not followed by others: those are told once more, or say nothing.
                let isOver = calls[index].isWhole && (arguments.beginsObject || arguments.isEmptyArguments)
                return isOver ? "" : say(arguments, index)
            }
        }
        guard !arguments.isBlankJSON else { return "" }
        if arguments.isEmptyArguments || piece.form == .start && ArgumentScan(arguments).isWhole {
            calls[index].held = arguments.isNullJSON ? "{}" : arguments
            return ""
        }
        return say(arguments, index)
    }

    private mutating func say(_ arguments: String, _ index: Int) -> String {
        calls[index].said.add(arguments)
        calls[index].scan.take(arguments)
        return arguments
    }

    /// An id that no call of this answer has.
    private func newID(_ index: Int) -> String {
        let id = idPrefix + String(index)
        return indexByID[id] == nil ? id : id + "_"
    }
}
