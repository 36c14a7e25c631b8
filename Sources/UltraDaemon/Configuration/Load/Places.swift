/// Where the daemon's files are, as XDG and systemd have it.
struct Places {
    let environment: Environment
    let isRoot: Bool

    /// `nil`: there is no place for one.
    var configurationFile: String? {
        if let folder = first("CONFIGURATION_DIRECTORY") { return "\(folder)/ultrad.toml" }
        if isRoot { return "/etc/ultrad/ultrad.toml" }
        return absolute("XDG_CONFIG_HOME", orHome: ".config").map { "\($0)/ultrad/ultrad.toml" }
    }

    /// What systemd made for the service; it is what the unit allows to be written.
    var serviceStateDirectory: String? { first("STATE_DIRECTORY") }

    var defaultStateDirectory: String? {
        if isRoot { return "/var/lib/ultrad" }
        return absolute("XDG_STATE_HOME", orHome: ".local/state").map { "\($0)/ultrad" }
    }

    /// `nil`: there is no place for one.
    var socket: String? {
        // A passed socket needs no place.
        if isRoot || environment["LISTEN_FDS"] != nil { return "/run/ultrad/ultrad.sock" }
        return environment["XDG_RUNTIME_DIR"].map { "\($0)/ultrad/ultrad.sock" }
    }

    /// systemd separates several by colons.
    private func first(_ name: String) -> String? {
        environment[name]?.split(separator: ":").first.map(String.init)
    }

    /// The basedir specification has relative paths ignored.
    private func absolute(_ name: String, orHome folder: String) -> String? {
        if let path = environment[name], path.hasPrefix("/") { return path }
        return environment["HOME"].map { "\($0)/\(folder)" }
    }
}
