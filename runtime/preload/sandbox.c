#include "runtime/preload/sandbox.h"

#include "runtime/preload/hook.h"
#include "runtime/record/sys.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

/* What the recorder calls once it runs: for a new lane, a full one, a thread that is gone. */
static const struct need {
    int number;
    bool may_fail; /* an error does no harm */
    const char *words;
} needs[] = {
    {SYS_gettid, false, "the program forbids gettid (seccomp): weft records no further"},
    {SYS_getpid, false, "the program forbids getpid (seccomp): weft records no further"},
    {SYS_madvise, true, "the program forbids madvise (seccomp): weft records no further"},
    {SYS_nanosleep, true, "the program forbids nanosleep (seccomp): weft records no further"},
    {SYS_kill, true, "the program forbids kill (seccomp): weft records no further"},
    {SYS_tgkill, true, "the program forbids tgkill (seccomp): weft records no further"},
    /* Of an owner who packs its lane: */
    {SYS_openat, true, "the program forbids openat (seccomp): weft records no further"},
    {SYS_lseek, true, "the program forbids lseek (seccomp): weft records no further"},
    {SYS_prlimit64, true, "the program forbids prlimit64 (seccomp): weft records no further"},
    {SYS_write, true, "the program forbids write (seccomp): weft records no further"},
    {SYS_close, true, "the program forbids close (seccomp): weft records no further"},
};

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define OWN_ARCHITECTURE 0
#endif

/* Registers of the machine that classic BPF describes. */
struct machine {
    uint32_t a, x;
    uint32_t memory[BPF_MEMWORDS];
};

static uint32_t compute(uint16_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_DIV:
        return b != 0 ? a / b : 0;
    case BPF_OR:
        return a | b;
    case BPF_AND:
        return a & b;
    case BPF_XOR:
        return a ^ b;
    case BPF_LSH:
        return b < 32 ? a << b : 0;
    case BPF_RSH:
        return b < 32 ? a >> b : 0;
    default: /* BPF_NEG */
        return -a;
    }
}

static bool holds(uint16_t operation, uint32_t a, uint32_t b)
{
    return operation == BPF_JEQ   ? a == b
           : operation == BPF_JGT ? a > b
           : operation == BPF_JGE ? a >= b
                                  : (a & b) != 0; /* BPF_JSET */
}

/* A word of what the kernel shows the filter; it only loads whole, aligned ones. */
static uint32_t load(const struct seccomp_data *call, uint32_t at)
{
    return at <= sizeof *call - sizeof(uint32_t) && at % sizeof(uint32_t) == 0
               ? ((const uint32_t *)(const void *)call)[at / sizeof(uint32_t)]
               : 0;
}

/* Everything but jumps and the end. */
static void step(struct machine *machine, const struct sock_filter *at,
                 const struct seccomp_data *call)
{
    const uint32_t cell = at->k % BPF_MEMWORDS;

    switch (BPF_CLASS(at->code)) {
    case BPF_LD:
        machine->a = BPF_MODE(at->code) == BPF_ABS   ? load(call, at->k)
                     : BPF_MODE(at->code) == BPF_MEM ? machine->memory[cell]
                     : BPF_MODE(at->code) == BPF_LEN ? (uint32_t)sizeof *call
                                                     : at->k;
        break;
    case BPF_LDX:
        machine->x = BPF_MODE(at->code) == BPF_MEM   ? machine->memory[cell]
                     : BPF_MODE(at->code) == BPF_LEN ? (uint32_t)sizeof *call
                                                     : at->k;
        break;
    case BPF_ST:
        machine->memory[cell] = machine->a;
        break;
    case BPF_STX:
        machine->memory[cell] = machine->x;
        break;
    case BPF_ALU:
        machine->a =
            compute(BPF_OP(at->code), machine->a, BPF_SRC(at->code) == BPF_X ? machine->x : at->k);
        break;
    default: /* BPF_MISC */
        if (BPF_MISCOP(at->code) == BPF_TAX) {
            machine->x = machine->a;
        } else {
            machine->a = machine->x;
        }
        break;
    }
}

/* What the filter answers; jumps only go forward, so it ends. */
static uint32_t answer(const struct sock_fprog *program, const struct seccomp_data *call)
{
    struct machine machine = {0};

    for (uint32_t i = 0; i < program->len; i++) {
        const struct sock_filter *at = &program->filter[i];
        if (BPF_CLASS(at->code) == BPF_RET) {
            return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
        }
        if (BPF_CLASS(at->code) != BPF_JMP) {
            step(&machine, at, call);
        } else if (BPF_OP(at->code) == BPF_JA) {
            if (at->k >= program->len) {
                break; /* the kernel will refuse it */
            }
            i += at->k;
        } else {
            const uint32_t right = BPF_SRC(at->code) == BPF_X ? machine.x : at->k;
            i += holds(BPF_OP(at->code), machine.a, right) ? at->jt : at->jf;
        }
    }
    return SECCOMP_RET_ALLOW;
}

void weft_sandbox_check(const struct sock_fprog *program)
{
    if (program == NULL || program->filter == NULL || !weft_spool_on()) {
        return;
    }
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const struct seccomp_data call = {.nr = needs[i].number, .arch = OWN_ARCHITECTURE};
        const uint32_t action = answer(program, &call) & SECCOMP_RET_ACTION_FULL;
        if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG &&
            !(action == SECCOMP_RET_ERRNO && needs[i].may_fail)) {
            weft_record_stop(needs[i].words);
            return;
        }
    }
}
