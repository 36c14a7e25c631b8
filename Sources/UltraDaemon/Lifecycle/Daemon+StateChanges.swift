internal import Logging
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// Changes of the registry's state, reported to subscribers, journal and service manager.
extension Daemon {
    /// Reports a change of state to subscribers, journal and service manager.
    func stateChanged(_ change: StateChange) {
        feed.publish(.health) {
            var event = HealthEvent()
            event.provider = change.provider.id
            event.model = change.model?.id
            event.from = change.from.rawValue
            event.to = change.to.rawValue
            event.reason = change.reason
            event.evidence = EvidenceReport.all(change.provider, change.model)
            return event
        }
        log.note(
            .stateChanged, "state changed from \(change.from.rawValue) to \(change.to.rawValue)",
            [
                "ultra_provider": change.provider.id, "ultra_model": change.model?.id, "ultra_reason": change.reason,
                "ultra_state": change.to.rawValue, "ultra_previous_state": change.from.rawValue,
            ])
        store?.schedule()
        tellServiceManager()
    }

    /// Reports a change of many models at once: subscriptions end, since a new snapshot is shorter than so many events,
    /// and the journal has one line.
    func statesChanged(of provider: ProviderState, count: Int) {
        feed.end(
            UltraError(
                .fellBehind, "\(count) models of \(provider.id) changed at once",
                hint: "subscribe again: a snapshot comes first", isRetryable: true))
        log.note(
            .stateChanged, "the states of \(count) models changed", ["ultra_provider": provider.id])
        store?.schedule()
        tellServiceManager()
    }
}
