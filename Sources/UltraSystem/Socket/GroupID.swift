/// The number of a group.
package enum GroupID {
    /// A number as it is, a name as the system's databases have it (`getgrnam_r(3)`); nil: there is no such group.
    ///
    /// Blocks, and may ask a directory server: for the start and a reload, never for a client.
    package static func named(_ name: String) -> UInt32? {
        if let number = UInt32(name) { return number == .max ? nil : number }
        return AccountNames.gid(of: name)
    }
}
