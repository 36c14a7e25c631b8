import Glibc

/// `ULTRA_FUZZ`: `requests` (default), `replies` or `http`.
private let target = getenv("ULTRA_FUZZ").map { String(cString: $0) } ?? "requests"

/// The entry point libFuzzer calls; see `etc/fuzz`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    switch target {
    case "replies": fuzzReply(bytes)
    case "http": fuzzHTTP(bytes)
    default:
        fuzzJSON(bytes)
        fuzzFrames(bytes)
    }
    return 0
}
