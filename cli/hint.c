#include "cli/hint.h"

#include "base/plain.h"
#include "cli/cli.h"
#include "traces/analysis/findings.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Bytes of a trace that is read in a tenth of a second; a packed one has about eight times more. */
enum { CHEAP_BYTES = 8 << 20, CHEAP_PACKED_BYTES = 1 << 20 };

static bool is_cheap(const char *trace)
{
    const size_t len = strlen(trace);
    const bool packed = len > 4 && strcmp(trace + len - 4, ".zst") == 0;
    struct stat there;

    return stat(trace, &there) == 0 && S_ISREG(there.st_mode) &&
           there.st_size <= (packed ? CHEAP_PACKED_BYTES : CHEAP_BYTES);
}

void weft_hint_findings(const char *trace)
{
    struct weft_findings findings;
    struct weft_model *model = NULL;

    if (!is_cheap(trace) || weft_model_load(trace, NULL, NULL, &model, NULL) != WEFT_OK) {
        return;
    }
    weft_findings_init(&findings, model);
    if (weft_findings_look(&findings) == WEFT_OK && findings.count > 0) {
        (void)fprintf(stderr, "weft: %zu finding%s: weft check %s\n", findings.count,
                      findings.count == 1 ? "" : "s", weft_plain(trace).text);
    }
    weft_findings_done(&findings);
    weft_model_free(model);
}
