internal import UltraAPI

/// A request's choice among its tools, before the tools that cannot be passed on are known.
enum ToolSelection {
    case one(ToolChoice)
    /// Only these tools; the model must call one of them if `isRequired`.
    case among(Set<String>, isRequired: Bool)
    /// A tool that was left out because a provider's server would run it.
    case unknown

    /// Applies the choice to `request`, whose tools are complete. A choice without tools is ignored.
    ///
    /// - Parameters:
    ///   - selection: nil: the client made no choice.
    ///   - member: The member with the choice, for errors and warnings.
    static func apply(
        _ selection: ToolSelection?, member: String, to request: inout Request, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        guard !request.tools.isEmpty else {
            request.parallelToolCalls = nil
            return
        }
        switch selection {
        case nil: break
        case .unknown?: warnings.add("\(member) was left out: the tool it names cannot be had")
        case .among(let names, let isRequired)?:
            request.tools.removeAll { !names.contains($0.name) }
            guard !request.tools.isEmpty else { throw unknownTool(member) }
            request.toolChoice = isRequired ? .required : .auto
        case .one(.named(let name))?:
            guard request.tools.contains(where: { $0.name == name }) else { throw unknownTool(member) }
            request.toolChoice = .named(name)
        case .one(let choice)?: request.toolChoice = choice
        }
    }

    private static func unknownTool(_ member: String) -> UltraError {
        UltraError(.invalidRequest, "\(member) must name one of the tools", field: member)
    }
}
