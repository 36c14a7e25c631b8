/// The entry point libFuzzer calls; see `etc/fuzz`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    fuzzJSON(bytes)
    fuzzFrames(bytes)
    return 0
}
