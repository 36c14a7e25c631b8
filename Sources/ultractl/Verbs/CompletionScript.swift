import ArgumentParser

/// The completion script of a shell, in which names from the daemon are data and never expanded.
///
/// The bash function that swift-argument-parser generates passes names to `compgen -W`, which expands them like a
/// command line: a model named `$(…)` would run at a press of Tab. Its zsh function cuts a name at the first colon. Both
/// functions are replaced here. The fish script handles names as data, and stays unchanged.
enum CompletionScript {
    static func text(for shell: CompletionShell) -> String {
        let script = Ultractl.completionScript(for: shell)
        let text =
            switch shell {
            case .bash:
                insert(bashFunctions, before: "\ncomplete -o ", into: script)
                    .replacing("\n_ultractl() {\n", with: "\n__ultractl_verbs() {\n", maxReplacements: 1)
            case .zsh: insert(zshFunction, before: "\nif [[ \"${funcstack[1]}\"", into: script)
            default: script
            }
        return text.hasSuffix("\n") ? text : text + "\n"
    }

    /// Inserts functions before the last lines of the script, which register the completion.
    ///
    /// A shell function that is defined twice keeps its last definition, so these replace the generated ones.
    private static func insert(_ functions: String, before registration: String, into script: String) -> String {
        guard let range = script.ranges(of: registration).last else { return script + "\n" + functions }
        return script[..<range.lowerBound] + "\n" + functions + script[range.lowerBound...]
    }

    /// Two functions that complete names with colons.
    ///
    /// readline breaks words at colons (COMP_WORDBREAKS), and replaces only the text behind the last break or opening
    /// quote, `$2`. `_ultractl` splits the line as the shell will; `__ultractl_add_completions` offers the missing end of
    /// each matching name, quoted for the place of insertion. With COMP_TYPE 63 readline lists the matches and inserts
    /// nothing, unless one match is left.
    private static let bashFunctions = #"""
        # word: the word to complete, without quotes; before: its part before ${2}; quote: the open quote, if any.
        _ultractl() {
            local -r line="${COMP_LINE:0:COMP_POINT}"
            local -i index start=$((${#line} - ${#2}))
            local word='' before='' quote='' raw='' character
            local -a words=()
            for ((index = 0; index < ${#line}; index++)); do
                ((index == start)) && before="${word}"
                character="${line:index:1}"
                if [[ "${quote}" = '' && "${character}" = [[:space:]] ]]; then
                    [[ -n "${raw}" ]] && words+=("${raw}")
                    word='' raw=''
                    continue
                fi
                raw+="${character}"
                if [[ "${quote}" = "${character}" ]]; then
                    quote=''
                elif [[ "${character}" = '\' && ("${quote}" = '' || "${quote}${line:index+1:1}" = \"[\\\"\$\`]) ]]; then
                    ((++index))
                    word+="${line:index:1}"
                    raw+="${line:index:1}"
                elif [[ "${quote}" = '' && "${character}" = [\'\"] ]]; then
                    quote="${character}"
                else
                    word+="${character}"
                fi
            done
            ((start >= ${#line})) && before="${word}"
            if [[ "${raw}" = --*=* ]]; then
                words+=("${raw%%=*}")
                raw="${raw#*=}" word="${word#*=}" before="${before#*=}"
            fi
            local -a COMP_WORDS=("${words[@]}" "${raw}")
            local -i COMP_CWORD="${#words[@]}"
            __ultractl_verbs "${1}" "${2}" "${words[COMP_CWORD - 1]}"
        }

        # Replaces the function above, which expands names; they come from providers and must not be executed.
        __ultractl_add_completions() {
            local name
            if [[ "${1}" != -W ]]; then
                while IFS='' read -r name; do
                    COMPREPLY+=("${name}")
                done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
                return
            fi
            compopt +o filenames 2>/dev/null
            local -a names=() matches=()
            mapfile -t names <<<"${2}"
            for name in "${names[@]}"; do
                [[ -n "${name}" && "${name}" = "${word}"* ]] && matches+=("${name}")
            done
            if ((COMP_TYPE == 63 && ${#matches[@]} > 1)); then
                COMPREPLY+=("${matches[@]}")
                return
            fi
            local rest quoted character
            local -i index
            for name in "${matches[@]}"; do
                rest="${name:${#before}}"
                if [[ "${quote}" = '' ]]; then
                    printf -v quoted %q "${rest}"
                    COMPREPLY+=("${quoted}")
                    continue
                fi
                quoted=''
                for ((index = 0; index < ${#rest}; index++)); do
                    character="${rest:index:1}"
                    case "${quote}${character}" in
                    \'\') quoted+="'\\''" ;;
                    # Between double quotes, a backslash before "!" would be kept.
                    \"!) quoted+="\"'!'\"" ;;
                    \"[\\\"\$\`]) quoted+="\\${character}" ;;
                    *) quoted+="${character}" ;;
                    esac
                done
                # readline adds the closing quote unless the text ends in one.
                [[ "${quoted}" = *"${quote}" ]] && quoted+="${quote}"
                COMPREPLY+=("${quoted}")
            done
        }

        """#

    private static let zshFunction = #"""
        # Replaces the function above, which treats the text behind a colon as a description; names contain colons.
        __ultractl_custom_complete() {
            # compadd quotes "!" only while history expansion is on, and _ultractl has switched it off.
            setopt localoptions banghist
            local -a names
            names=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}" 2>/dev/null)"}")
            names=("${(@)names:#( |)}")
            compadd -a names
        }

        """#
}
