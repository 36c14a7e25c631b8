/// The operations of the protocol this daemon has; the raw values are the wire's words.
package enum OperationName: String, Sendable, CaseIterable {
    case hello, ping, generate, stream, embed, cancel, models, status, probe, subscribe, reload
}
