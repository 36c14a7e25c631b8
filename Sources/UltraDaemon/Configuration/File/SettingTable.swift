/// A value that the configuration file writes as a table.
protocol SettingTable: Sendable, Equatable {
    /// Every default.
    init()
    static var keys: [SettingKey<Self>] { get }
    /// What holds between its keys; called once all are read.
    func check(_ path: String, _ reader: inout KeyReader)
}

extension SettingTable {
    func check(_ path: String, _ reader: inout KeyReader) {}
}
