/// The operations of the wire protocol that this daemon implements; the raw values are the wire's words.
package enum OperationName: String, Sendable, CaseIterable {
    case hello, ping, generate, stream, embed, cancel, models, status, probe, usage, subscribe, metrics, reload
    case cacheClear = "cache_clear"
}
