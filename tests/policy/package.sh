#!/bin/bash
# The Debian package builds, has what it should, and its programs run from where it puts them.
#   package.sh BUILD
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! cpack --config "$build/CPackConfig.cmake" -B "$work" >"$work/cpack.log" 2>&1; then
    cat "$work/cpack.log"
    exit 1
fi
package=$(echo "$work"/weft_*.deb)
dpkg-deb --info "$package"
dpkg-deb --extract "$package" "$work/root"
(cd "$work/root" && find . -type f | sort)

status=0
for wanted in \
    usr/bin/weft \
    usr/libexec/weft/weft-view \
    usr/include/weft.h \
    usr/lib/libweft.a \
    usr/lib/pkgconfig/weft.pc \
    'usr/libexec/weft/scenarios/locked-sections' \
    'usr/libexec/weft/scenarios/queue-workers' \
    'usr/share/man/man1/weft.1*' \
    'usr/share/man/man1/weft-run.1*' \
    'usr/share/man/man1/weft-view.1*' \
    'usr/share/man/man5/weft-trace.5*' \
    usr/share/doc/weft/trace-format.md \
    usr/share/locale/vi/LC_MESSAGES/weft.mo \
    usr/share/doc/weft/trace.schema.json \
    usr/share/doc/weft/copyright; do
    compgen -G "$work/root/$wanted" >/dev/null || { echo "not in the package: $wanted"; status=1; }
done

# Shared libraries became dependencies.
depends=$(dpkg-deb --field "$package" Depends)
for library in libc6 libdw1 libcjson1 libsdl2 libfontconfig1; do
    [[ $depends == *$library* ]] || { echo "not in Depends: $library"; status=1; }
done

# Where the files are decides, not where they were built.
"$work/root/usr/bin/weft" scenarios | grep -q '^ *locked-sections' || {
    echo "the installed weft does not list its scenarios"
    status=1
}

"$work/root/usr/bin/weft" view "$(dirname "$0")/../../traces/samples/locked-sections.weft.jsonl" \
    --screenshot "$work/picture.png" && [[ -s $work/picture.png ]] || {
    echo "the installed weft does not draw"
    status=1
}

# … and speaks Vietnamese from there: another picture than the English one.
"$work/root/usr/bin/weft" view "$(dirname "$0")/../../traces/samples/locked-sections.weft.jsonl" \
    --lang vi --screenshot "$work/vi.png" && ! cmp -s "$work/picture.png" "$work/vi.png" || {
    echo "the installed weft does not speak Vietnamese"
    status=1
}

# A program builds against it by pkg-config.
cat >"$work/program.c" <<'END'
#include <weft.h>

int main(void)
{
    return weft_print("%d", weft_active_count()) == 1 ? 0 : 1;
}
END
flags=$(PKG_CONFIG_PATH=$work/root/usr/lib/pkgconfig pkg-config --cflags --libs weft)
# shellcheck disable=SC2086  # flags are words
cc "$work/program.c" $flags -o "$work/program"
[[ $("$work/program") == 1 ]] || { echo "a program built against the package fails"; status=1; }
exit "$status"
