/* What libFuzzer calls; built once for each target, which WEFT_FUZZ_TARGET names. */
#include "tests/fuzz/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    WEFT_FUZZ_TARGET(bytes, len);
    return 0;
}
