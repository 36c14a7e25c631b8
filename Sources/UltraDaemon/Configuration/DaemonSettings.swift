internal import Logging

/// What the file says of the process itself (`[daemon]`); options and environment come first.
struct DaemonSettings: Sendable, Equatable {
    var socket: String?
    var logLevel = Logger.Level.info
    var stateDirectory: String?
    var adminGroup: String? = Configuration.defaultAdminGroup
}
