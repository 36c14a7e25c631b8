/// What the command line says, and what is fixed for the life of the process.
package struct ConfigurationOptions: Sendable, Equatable {
    /// `--config`; must exist.
    package var file: String?
    /// `--env-file`; must exist.
    package var environmentFile: String?
    /// `--socket`.
    package var socket: String?
    /// `--log-level`.
    package var logLevel: String?
    /// False: `--no-state`.
    package var keepsState: Bool
    package var isRoot: Bool
    /// For the user agent.
    package var version: String

    package init(
        file: String? = nil, environmentFile: String? = nil, socket: String? = nil, logLevel: String? = nil,
        keepsState: Bool = true, isRoot: Bool = false, version: String
    ) {
        self.file = file
        self.environmentFile = environmentFile
        self.socket = socket
        self.logLevel = logLevel
        self.keepsState = keepsState
        self.isRoot = isRoot
        self.version = version
    }
}
