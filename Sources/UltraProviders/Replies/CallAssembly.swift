import UltraAPI

/// Assigns the pieces of a reply to its tool calls, for all APIs.
///
/// 1. A known id decides, whatever the index: one call may come under several indices. The index distinguishes calls
///    only if calls of different names share the id.
/// 2. Otherwise the index decides, or the last call if there is no index. A piece whose id differs, is late or empty
///    still belongs to that call. A piece with both an id and a name begins a new call, unless it can only be the rest
///    of an open one.
/// 3. If a call's arguments are complete and another object begins under the same index, it is the next call.
/// 4. Arguments without content (`{}`, `null`) that come first are not part of the arguments that follow.
///
/// All look-ups are by dictionary. Of a call's arguments only their length and hash are stored.
struct CallAssembly: Sendable {
    /// The maximum number of calls in one answer.
    static let limit = 1024

    /// The relation of a piece to its call, as the provider's API defines it.
    enum Form: Sendable, Equatable {
        /// A part of a call that continues where the previous part ended.
        case delta
        /// The start of a call. Complete arguments in it are used only if no deltas follow.
        case start
        /// A complete call, of which deltas may already have delivered a part or everything.
        case whole
        /// A complete call to which no other piece belongs.
        case own
    }

    struct Piece: Sendable, Equatable {
        var form = Form.delta
        /// The provider's index of the call; nil if it sends none.
        var key: Int?
        /// The provider's id of the call; nil or empty if this piece has none.
        var id: String?
        var name: String?
        var arguments = ""
        /// The complete signature of the reasoning behind the call, which must be sent back with it.
        var signature: String?
    }

    private struct Call {
        /// The id that the client receives.
        var id: String
        /// The first id that the provider sent for the call. Several calls may share one.
        var providerID: String?
        var name: String?
        /// The digest of the delivered arguments.
        var delivered = TextDigest()
        var scan = ArgumentScan()
        /// Arguments that are delivered only if no others follow.
        var held: String?
        var hasSignature = false

        var isWhole: Bool { scan.isWhole }
    }

    private var calls: [Call] = []
    /// The index of the first call with each provider id, including ids that arrive late.
    private var indexByID: [String: Int] = [:]
    private var indexByKey: [Int: Int] = [:]
    private let replyID: UInt64
    /// True if calls beyond `limit` were dropped.
    private(set) var hasExcess = false

    /// - Parameter replyID: makes generated ids unique across replies.
    init(replyID: UInt64) {
        self.replyID = replyID
    }

    var count: Int { calls.count }
    var isEmpty: Bool { calls.isEmpty }

    /// True if a call with the provider's index `key` has begun.
    func hasCall(_ key: Int) -> Bool { indexByKey[key] != nil }

    /// True if some call's arguments are incomplete.
    var hasOpenCall: Bool { calls.contains { $0.scan.isOpen } }

    /// Assigns a piece to a call and returns the part to deliver; nil if there is none.
    mutating func receive(_ piece: Piece) -> ToolCallDelta? {
        var piece = piece
        if piece.id?.isEmpty == true { piece.id = nil }
        if piece.name?.isEmpty == true { piece.name = nil }
        guard let index = call(of: piece) else { return begin(piece) }
        if let key = piece.key { indexByKey[key] = index }
        if let id = piece.id, indexByID[id] == nil {
            indexByID[id] = index
            calls[index].providerID = calls[index].providerID ?? id
        }
        return extend(index, piece)
    }

    /// The arguments still to be delivered at the end of the reply: every call must have some.
    mutating func conclude() -> [ToolCallDelta] {
        var deltas: [ToolCallDelta] = []
        for index in calls.indices where calls[index].delivered.isEmpty {
            deltas.append(ToolCallDelta(index: index, arguments: deliver(calls[index].held ?? "{}", index)))
        }
        return deltas
    }

    /// True if `pieces` are a repetition of all calls, in the same order.
    func isRepeated(by pieces: [Piece]) -> Bool {
        guard !calls.isEmpty, pieces.count == calls.count else { return false }
        // A single call without arguments may be made twice.
        guard pieces.count > 1 || !pieces[0].arguments.isEmptyArguments else { return false }
        return zip(calls, pieces).allSatisfy { call, piece in call.name == piece.name && Self.isSame(call, piece) }
    }

    // MARK: - Assignment of pieces

    /// The index of the call that `piece` belongs to; nil if it begins a new call.
    private func call(of piece: Piece) -> Int? {
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
            // A new call has a name or at least an id. A piece with neither continues the last call and lost its index.
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
        let isContinuation = call.scan.isOpen && !beginsObject && !piece.arguments.isBlankJSON
        if isContinuation { return true }
        if let name = piece.name, let known = call.name, name != known { return false }
        if piece.id != nil, piece.name != nil {
            // The id arrives after the call's first piece.
            return call.providerID == nil && !call.isWhole
        }
        if call.isWhole, beginsObject {
            // Some servers end a call with an empty object.
            return piece.id == nil && piece.name == nil && piece.arguments.isEmptyArguments
        }
        // Without ids, the name is the only sign that another call without arguments begins.
        if call.held != nil, piece.id == nil, piece.name != nil, beginsObject { return false }
        return true
    }

    /// The index of the call that `piece` repeats as a whole, under a new id or without one; nil if it is a new call.
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

    /// True if the arguments are equal, ignoring layout.
    private static func isSame(_ call: Call, _ piece: Piece) -> Bool {
        let arguments = piece.arguments.isBlankJSON || piece.arguments.isEmptyArguments ? "{}" : piece.arguments
        let known = call.delivered.isEmpty ? ArgumentScan(call.held ?? "{}") : call.scan
        return known.significant == ArgumentScan(arguments).significant
    }

    // MARK: - Delivery

    private mutating func begin(_ piece: Piece) -> ToolCallDelta? {
        guard calls.count < Self.limit else {
            hasExcess = true
            return nil
        }
        let index = calls.count
        let isKnown = piece.id.map { indexByID[$0] != nil } ?? false
        var call = Call(id: piece.id ?? "", providerID: piece.id, name: piece.name)
        if piece.id == nil || isKnown { call.id = newID(index) }
        // A call that replaces a completed one under the same index may omit the unchanged name.
        if call.name == nil, let before = piece.key.map({ indexByKey[$0] }) ?? calls.indices.last {
            call.name = calls[before].name
        }
        call.hasSignature = piece.signature != nil
        calls.append(call)
        if let id = piece.id, !isKnown { indexByID[id] = index }
        if let key = piece.key { indexByKey[key] = index }
        return ToolCallDelta(
            index: index, id: call.id, name: call.name, arguments: undelivered(of: piece, index),
            signature: piece.signature)
    }

    private mutating func extend(_ index: Int, _ piece: Piece) -> ToolCallDelta? {
        // Some servers repeat the name in every piece.
        let name = calls[index].name == nil ? piece.name : nil
        if name != nil { calls[index].name = name }
        let signature = calls[index].hasSignature ? nil : piece.signature
        if signature != nil { calls[index].hasSignature = true }
        let arguments = undelivered(of: piece, index)
        guard name != nil || signature != nil || !arguments.isEmpty else { return nil }
        return ToolCallDelta(index: index, name: name, arguments: arguments, signature: signature)
    }

    /// The arguments of `piece` that were not delivered yet.
    private mutating func undelivered(of piece: Piece, _ index: Int) -> String {
        let arguments = piece.arguments
        if piece.form == .own {
            guard calls[index].delivered.isEmpty else { return "" }
            return deliver(arguments.isBlankJSON || arguments.isNullJSON ? "{}" : arguments, index)
        }
        guard calls[index].delivered.isEmpty else {
            switch piece.form {
            case .start, .own: return ""
            case .whole: return deliver(calls[index].delivered.rest(of: arguments) ?? "", index)
            case .delta:
                // An object that follows complete arguments repeats them, or is empty.
                let isOver = calls[index].isWhole && (arguments.beginsObject || arguments.isEmptyArguments)
                return isOver ? "" : deliver(arguments, index)
            }
        }
        guard !arguments.isBlankJSON else { return "" }
        if arguments.isEmptyArguments || piece.form == .start && ArgumentScan(arguments).isWhole {
            calls[index].held = arguments.isNullJSON ? "{}" : arguments
            return ""
        }
        return deliver(arguments, index)
    }

    private mutating func deliver(_ arguments: String, _ index: Int) -> String {
        calls[index].delivered.add(arguments)
        calls[index].scan.add(arguments)
        return arguments
    }

    /// An id that no other call of this reply has.
    private func newID(_ index: Int) -> String {
        let id = "call_\(String(replyID, radix: 36))_\(index)"
        return indexByID[id] == nil ? id : id + "_"
    }
}
