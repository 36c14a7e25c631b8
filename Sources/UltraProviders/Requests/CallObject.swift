import UltraAPI

extension ToolCall {
    /// The arguments as JSON, for calls of a request that `RequestRepair` has checked.
    var object: RawJSON {
        let bytes = Array(arguments.utf8)
        guard bytes.first?.isJSONWhitespace == true || bytes.last?.isJSONWhitespace == true else {
            return RawJSON(validated: bytes)
        }
        let start = bytes.drop(while: \.isJSONWhitespace)
        return RawJSON(validated: Array(start[...(start.lastIndex { !$0.isJSONWhitespace } ?? start.startIndex)]))
    }
}
