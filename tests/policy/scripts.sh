#!/bin/bash
# Every script parses, says what it is, can be run, and stops at the first error.
set -euo pipefail
cd "$1"
status=0

complain() {
    printf '%s\n' "$*"
    status=1
}

for script in scripts/* .ci/run tests/*/*.sh; do
    [[ -f $script && $script != *.txt ]] || continue
    [[ -x $script ]] || complain "$script: cannot be run"
    case $(head -1 "$script") in
    '#!/bin/bash')
        bash -n "$script" || complain "$script: does not parse"
        # A script of one command hands its status over by itself; one that runs all its stages
        # whatever they said does without -e.
        if (($(wc -l <"$script") > 3)) && ! grep -Eq '^set -e?uo pipefail$' "$script"; then
            complain "$script: without set -euo pipefail"
        fi
        ;;
    '#!/usr/bin/python3')
        /usr/bin/python3 - "$script" <<'END' || complain "$script: does not parse"
import ast, sys
ast.parse(open(sys.argv[1], encoding="utf-8").read())
END
        ;;
    *)
        complain "$script: first line is neither #!/bin/bash nor #!/usr/bin/python3"
        ;;
    esac
done
exit "$status"
