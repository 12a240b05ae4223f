/* One line: what the language is, and that the fast paths and the slow one read it alike. */
#include "tests/read_items.h"
#include "traces/read/line.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum path { SLOW, FAST, EVENT };

/* What a path made of a line: the item as text, or "bad: …", "ignored", "unknown", "end …". */
struct reading {
    bool taken; /* the fast path, or that of events, took it */
    char text[2048];
};

static struct weft_vocabulary words;

static void take_text(struct weft_sink *sink, struct reading *reading)
{
    assert_true(sink->used < sizeof reading->text);
    memcpy(reading->text, sink->buffer, sink->used);
    reading->text[sink->used] = '\0';
    weft_sink_done(sink);
}

static void tell(const struct weft_item *item, struct reading *reading)
{
    struct weft_sink sink;

    assert_true(weft_sink_init(&sink, -1));
    item_print(&sink, item);
    take_text(&sink, reading);
}

static void interpret(const struct weft_fields *fields, struct reading *reading)
{
    struct weft_item item = {.line = 1};
    struct weft_line_end end;
    struct weft_error error;
    struct weft_sink sink;

    assert_true(weft_sink_init(&sink, -1));
    switch (weft_line_interpret(&words, fields, &item, &end, &error)) {
    case WEFT_LINE_ITEM:
        item_print(&sink, &item);
        break;
    case WEFT_LINE_IGNORED:
        weft_sink_text(&sink, "ignored");
        break;
    case WEFT_LINE_UNKNOWN_EVENT:
        weft_sink_printf(&sink, "unknown t=%llu", (unsigned long long)item.event.t_ns);
        break;
    case WEFT_LINE_END:
        weft_sink_printf(&sink, "end %llu %llu %llu %llu", (unsigned long long)end.events,
                         (unsigned long long)end.lost, (unsigned long long)end.late,
                         (unsigned long long)end.duration_ns);
        break;
    case WEFT_LINE_BAD:
        weft_sink_printf(&sink, "bad: %s", error.text);
        break;
    }
    take_text(&sink, reading);
}

static struct reading read_line(enum path path, const char *line, size_t len)
{
    struct reading reading = {.taken = true};
    struct weft_fields fields;
    struct weft_error error;
    cJSON *tree = NULL;
    /* Exactly as much padding as is promised, so that a sanitizer sees a byte too many. */
    char *padded = calloc(1, len + 1 + WEFT_NAME_PAD_BYTES);
    const char *end = NULL;

    assert_non_null(padded);
    memcpy(padded, line, len);
    padded[len] = '\n';
    if (path == FAST) {
        reading.taken = weft_line_scan(&words, padded, &fields, &end);
        if (reading.taken) {
            assert_ptr_equal(end, padded + len);
            interpret(&fields, &reading);
        }
    } else if (path == EVENT) {
        struct weft_item item = {.kind = WEFT_ITEM_EVENT, .line = 1};
        reading.taken = weft_line_event(&words, padded, &item.event, &end);
        if (reading.taken) {
            assert_ptr_equal(end, padded + len);
            tell(&item, &reading);
        }
    } else {
        /* The slow path must not need the padding. */
        char *bare = malloc(len > 0 ? len : 1);
        assert_non_null(bare);
        memcpy(bare, line, len);
        if (weft_line_parse(&words, bare, len, &fields, &tree, &error) == WEFT_OK) {
            interpret(&fields, &reading);
        } else {
            assert_null(tree);
            (void)snprintf(reading.text, sizeof reading.text, "bad: %s", error.text);
        }
        free(bare);
        cJSON_Delete(tree);
    }
    free(padded);
    return reading;
}

struct row {
    const char *line;
    const char *expected; /* of the slow path; for a bad line its beginning */
    enum path path;       /* FAST: the fast path must take it; SLOW: it must not */
};

#define EV "{\"t\":5,\"thread\":1,\"event\":"
#define MARK EV "\"mark\","
#define MARKED "1 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok"

static void check_rows(const struct row *rows, size_t count)
{
    weft_vocabulary_init(&words);
    for (size_t i = 0; i < count; i++) {
        const size_t len = strlen(rows[i].line);
        const struct reading slow = read_line(SLOW, rows[i].line, len);
        const struct reading fast = read_line(FAST, rows[i].line, len);
        const bool bad = strncmp(rows[i].expected, "bad", 3) == 0;
        char want[2048];

        (void)snprintf(want, sizeof want, "%s", rows[i].expected);
        if (strncmp(slow.text, want, bad ? strlen(want) : SIZE_MAX) != 0) {
            /* An item has a line end that the table leaves out. */
            (void)snprintf(want, sizeof want, "%s\n", rows[i].expected);
            if (strcmp(slow.text, want) != 0) {
                fail_msg("%s\n  gave     %s\n  expected %s", rows[i].line, slow.text,
                         rows[i].expected);
            }
        }
        if (fast.taken != (rows[i].path == FAST)) {
            fail_msg("the fast path %s %s", fast.taken ? "took" : "did not take", rows[i].line);
        }
        if (fast.taken) {
            assert_string_equal(fast.text, slow.text);
        }
        const struct reading event = read_line(EVENT, rows[i].line, len);
        if (event.taken) {
            assert_string_equal(event.text, slow.text);
        }
    }
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void integers_are_exact_to_64_bits_and_nothing_else_is_one(void **state)
{
    static const struct row rows[] = {
        {EV "\"counter\",\"object\":1,\"value\":9007199254740993}",
         "1 event t=5 thread=1 about=1 site=0 kind=counter outcome=ok value=9007199254740993",
         FAST},
        {EV "\"counter\",\"object\":1,\"value\":-9007199254740993}",
         "1 event t=5 thread=1 about=1 site=0 kind=counter outcome=ok value=-9007199254740993",
         FAST},
        {EV "\"counter\",\"object\":1,\"value\":999999999999999999}",
         "1 event t=5 thread=1 about=1 site=0 kind=counter outcome=ok value=999999999999999999",
         FAST},
        {EV "\"counter\",\"object\":1,\"value\":9223372036854775807}",
         "1 event t=5 thread=1 about=1 site=0 kind=counter outcome=ok value=9223372036854775807",
         SLOW},
        {EV "\"counter\",\"object\":1,\"value\":-9223372036854775808}",
         "1 event t=5 thread=1 about=1 site=0 kind=counter outcome=ok value=-9223372036854775808",
         SLOW},
        {EV "\"counter\",\"object\":1,\"value\":9223372036854775808}",
         "bad: \"value\" is a number past 64 bits", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":-9223372036854775809}",
         "bad: \"value\" is a number past 64 bits", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":-0}",
         "1 event t=5 thread=1 about=1 site=0 kind=counter outcome=ok value=0", FAST},
        {EV "\"counter\",\"object\":1,\"value\":01}", "bad: byte 56: a number that starts with 0",
         SLOW},
        {EV "\"counter\",\"object\":1,\"value\":-01}", "bad: byte 56: a number that starts", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":+1}", "bad: byte 56: no JSON", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":-}", "bad: byte 56: a number without digits", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":1.0}",
         "bad: \"value\" is a number with a fraction or an exponent", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":1e3}",
         "bad: \"value\" is a number with a fraction or an exponent", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":1.}", "bad: byte 56: a fraction without", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":1e}", "bad: byte 56: an exponent without", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":0x10}", "bad: byte 57: no JSON", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":NaN}", "bad: byte 56: no JSON", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":\"1\"}", "bad: \"value\" is a text", FAST},
        {EV "\"counter\",\"object\":1,\"value\":null}", "bad: \"value\" is null", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":[1]}", "bad: \"value\" is an array", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":{}}", "bad: \"value\" is an object", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":true}", "bad: \"value\" is true", SLOW},
        {EV "\"counter\",\"object\":1,\"value\":false}", "bad: \"value\" is false", SLOW},
        {EV "\"mark\",\"new\":1111111111111111111111111111111111111111111111111111111111111}",
         "bad: byte 40: a number of more than 60", SLOW},
        {EV "\"mark\",\"new\":111111111111111111111111111111111111111111111111111111111111}",
         MARKED, SLOW},
        {EV "\"mark\",\"new\":-1.5e+300}", MARKED, SLOW},
    };
    (void)state;
    CHECK(rows);
}

static void numbers_of_things_are_from_1_to_2_to_the_32_less_2(void **state)
{
    static const struct row rows[] = {
        {"{\"t\":0,\"thread\":4294967294,\"event\":\"mark\"}",
         "1 event t=0 thread=4294967294 about=0 site=0 kind=mark outcome=ok", FAST},
        {"{\"t\":0,\"thread\":4294967295,\"event\":\"mark\"}", "bad: \"thread\" is 4294967295",
         FAST},
        {"{\"t\":0,\"thread\":0,\"event\":\"mark\"}", "bad: \"thread\" is 0", FAST},
        {"{\"t\":0,\"thread\":-1,\"event\":\"mark\"}", "bad: \"thread\" is -1", FAST},
        {"{\"t\":-1,\"thread\":1,\"event\":\"mark\"}",
         "bad: \"t\" is -1 (expected ns since the start)", FAST},
        {"{\"thread\":1,\"event\":\"mark\"}", "bad: no \"t\"", FAST},
        {"{\"t\":1,\"event\":\"mark\"}", "bad: no \"thread\"", FAST},
        {EV "\"mark\",\"site\":0}", "bad: \"site\" is 0", FAST},
        {EV "\"mark\",\"stack\":[4294967294,7]}",
         "1 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok stack=4294967294,7", FAST},
        {EV "\"mark\",\"stack\":[ 1 , 2\t]}",
         "1 event t=5 thread=1 about=0 site=0 kind=mark outcome=ok stack=1,2", SLOW},
        {EV "\"mark\",\"stack\":[4294967295]}", "bad: \"stack\" is an array", FAST},
        {EV "\"mark\",\"stack\":[1,0]}", "bad: \"stack\" is an array", SLOW},
        {EV "\"mark\",\"stack\":[]}", "bad: \"stack\" is an array", SLOW},
        {EV "\"mark\",\"stack\":[[1]]}", "bad: \"stack\" is an array", SLOW},
        {EV "\"mark\",\"stack\":3}", "bad: \"stack\" is 3", FAST},
        {EV "\"lock_acquire\"}", "bad: no \"object\"", FAST},
        {EV "\"lock_acquire\",\"object\":0}", "bad: \"object\" is 0", FAST},
        {EV "\"thread_name\",\"object\":1}", "bad: no \"target\"", FAST},
        {EV "\"cond_wait\",\"object\":1,\"with\":0}", "bad: \"with\" is 0", FAST},
        {EV "\"thread_create\",\"target\":2,\"daemon\":2}", "bad: \"daemon\" is 2", FAST},
        {EV "\"sleep_begin\",\"duration\":-1}", "bad: \"duration\" is -1", FAST},
        {"{\"define\":\"thread\",\"id\":0}", "bad: \"id\" is 0", FAST},
        {"{\"define\":\"thread\"}", "bad: no \"id\"", FAST},
        {"{\"define\":\"site\",\"id\":1,\"line\":4294967295}",
         "1 site 1 line=4294967295 function=\"\" file=\"\"", FAST},
        {"{\"define\":\"site\",\"id\":1,\"line\":4294967296}", "bad: \"line\" is 4294967296", FAST},
        {"{\"define\":\"object\",\"id\":1,\"kind\":\"queue\",\"capacity\":-1}",
         "bad: \"capacity\" is -1", FAST},
    };
    (void)state;
    CHECK(rows);
}

static void texts_are_strict_utf8_without_nul(void **state)
{
    static const struct row rows[] = {
        {MARK "\"text\":\"\"}", MARKED " text=\"\"", FAST},
        {MARK "\"text\":\"sẵn sàng \xf0\x9f\xa7\xb5\"}",
         MARKED " text=\"sẵn sàng \xf0\x9f\xa7\xb5\"", FAST},
        {MARK "\"text\":\"a\\\"b\\\\c\\/d\\n\\t\"}", MARKED " text=\"a\\\"b\\\\c/d\\n\\t\"", SLOW},
        {MARK "\"text\":\"\\u00e9\\ud83e\\uddf5\"}", MARKED " text=\"é\xf0\x9f\xa7\xb5\"", SLOW},
        {MARK "\"text\":\"\x7f\"}", MARKED " text=\"\\u007f\"", FAST},
        {MARK "\"text\":\"a\\u0000b\"}", "bad: byte 43: \\u0000 in a string", SLOW},
        {MARK "\"new\":\"a\\u0000b\"}", "bad: byte 42: \\u0000 in a string", SLOW},
        {MARK "\"text\":\"\\ud83e\"}", "bad: byte 42: half a surrogate pair", SLOW},
        {MARK "\"text\":\"\\ud83e\\ud83e\"}", "bad: byte 42: half a surrogate pair", SLOW},
        {MARK "\"text\":\"\\uddf5\"}", "bad: byte 42: half a surrogate pair", SLOW},
        {MARK "\"text\":\"\\ud83e\\u12\"}", "bad: byte 42: half a surrogate pair", SLOW},
        {MARK "\"text\":\"\\u00g0\"}", "bad: byte 42: a bad escape", SLOW},
        {MARK "\"text\":\"\\x41\"}", "bad: byte 42: a bad escape", SLOW},
        {MARK "\"text\":\"a\tb\"}", "bad: byte 43: a control character", SLOW},
        {MARK "\"text\":\"\xc0\xaf\"}", "bad: byte 42: a byte that is not UTF-8", SLOW},
        {MARK "\"text\":\"\xed\xa0\x80\"}", "bad: byte 42: a byte that is not UTF-8", SLOW},
        {MARK "\"text\":\"\xf4\x90\x80\x80\"}", "bad: byte 42: a byte that is not UTF-8", SLOW},
        {MARK "\"text\":\"\xe2\x82\"}", "bad: byte 42: a byte that is not UTF-8", SLOW},
        {MARK "\"new\":\"\xff\"}", "bad: byte 41: a byte that is not UTF-8", SLOW},
        {MARK "\"\xff\":1}", "bad: byte 35: a byte that is not UTF-8", SLOW},
        {MARK "\"text\":\"abc", "bad: byte 45: the line ends inside a string", SLOW},
        {MARK "\"text\":\"abc\\", "bad: byte 45: a bad escape", SLOW},
        {MARK "\"text\":7}", "bad: \"text\" is 7 (expected a text)", FAST},
    };
    (void)state;
    CHECK(rows);
}

static void keys_are_exact_and_a_known_key_stands_once(void **state)
{
    static const struct row rows[] = {
        {MARK "\"Text\":\"x\"}", MARKED, FAST},
        {"{\"T\":5,\"thread\":1,\"event\":\"mark\"}", "bad: no \"t\"", FAST},
        {MARK "\"\\u0074ext\":\"x\"}", MARKED " text=\"x\"", SLOW},
        {MARK "\"text\":\"x\",\"text\":\"x\"}", "bad: the key \"text\" twice", SLOW},
        {MARK "\"text\":\"x\",\"\\u0074ext\":\"x\"}", "bad: the key \"text\" twice", SLOW},
        {MARK "\"new\":1,\"new\":2}", MARKED, FAST},
        {MARK "\"\":1}", MARKED, FAST},
        {MARK "\"a key of more than twenty-four bytes\":\"x\"}", MARKED, FAST},
        /* A key of another kind's is as good as unknown, whatever its value. */
        {MARK "\"timeout\":\"soon\"}", MARKED, FAST},
        {MARK "\"object\":0}", MARKED, FAST},
        {MARK "\"new\":{\"a\":[1,2.5,{\"b\":null}],\"c\":\"\\u00e9\"},\"text\":\"x\"}",
         MARKED " text=\"x\"", SLOW},
        {MARK "\"new\":[1,]}", "bad: byte 43: no JSON", SLOW},
        {MARK "\"new\":{\"a\"}}", "bad: byte 44: no colon", SLOW},
        {MARK "\"new\":{a:1}}", "bad: byte 41: no JSON (expected a key)", SLOW},
        {MARK "\"new\":[01]}", "bad: byte 41: a number that starts with 0", SLOW},
    };
    (void)state;
    CHECK(rows);
}

static void a_line_is_one_object_and_nothing_else(void **state)
{
    static const struct row rows[] = {
        {"", "bad: an empty line", SLOW},
        {"  \t", "bad: an empty line", SLOW},
        {"{}", "bad: no event, definition or last line", SLOW},
        {"[]", "bad: byte 1: no JSON object", SLOW},
        {"null", "bad: byte 1: no JSON object", SLOW},
        {"\xef\xbb\xbf{}", "bad: byte 1: no JSON object", SLOW},
        {"{\"t\":5", "bad: byte 7: the line ends too early", SLOW},
        {EV "\"mark\"}}", "bad: byte 34: something after the object", SLOW},
        {EV "\"mark\"} ", MARKED, SLOW},
        {EV "\"mark\"}\r", MARKED, SLOW},
        {" { \"t\" :\t5 , \"thread\" : 1 , \"event\" : \"mark\" } ", MARKED, SLOW},
        {EV "\"mark\",}", "bad: byte 34: no JSON (expected a key)", SLOW},
        {EV "\"mark\" \"a\":1}", "bad: byte 34: no JSON (expected a comma", SLOW},
        {EV "\"mark\"]", "bad: byte 33: no JSON (expected a comma", SLOW},
        {EV "\v\"mark\"}", "bad: byte 27: no JSON", SLOW},
        {"{\"t\":5,\"thread\":1,\"event\":\"mark\",\"define\":\"thread\",\"id\":1}",
         "bad: two kinds of line in one", FAST},
        {"{\"a\":1}", "bad: no event, definition or last line", FAST},
        {"{\"event\":7,\"t\":5,\"thread\":1}", "bad: \"event\" is 7", FAST},
    };
    (void)state;
    CHECK(rows);
}

static void what_a_later_weft_may_add_is_unknown_and_not_bad(void **state)
{
    static const struct row rows[] = {
        {EV "\"teleport\",\"object\":0}", "unknown t=5", FAST},
        {"{\"t\":5,\"thread\":0,\"event\":\"teleport\"}", "bad: \"thread\" is 0", FAST},
        {EV "\"an_event_with_a_name_of_more_than_24_bytes\"}", "unknown t=5", FAST},
        {EV "\"\"}", "unknown t=5", FAST},
        {EV "\"join_end\",\"target\":1,\"outcome\":\"abducted\"}", "unknown t=5", FAST},
        {EV "\"query\",\"object\":1,\"question\":\"why\"}", "unknown t=5", FAST},
        {EV "\"join_end\",\"target\":1,\"outcome\":7}", "bad: \"outcome\" is 7", FAST},
        {EV "\"query\",\"object\":1,\"question\":7}", "bad: \"question\" is 7", FAST},
        {"{\"define\":\"galaxy\",\"id\":0}", "ignored", FAST},
        {"{\"define\":\"object\",\"id\":1,\"kind\":\"sieve\"}", "ignored", FAST},
        {"{\"define\":7}", "bad: \"define\" is 7", FAST},
        {"{\"define\":\"object\",\"id\":1,\"kind\":7}", "bad: \"kind\" is 7", FAST},
    };
    (void)state;
    CHECK(rows);
}

static void each_kind_of_line_gives_what_it_says(void **state)
{
    static const struct row rows[] = {
        {"{\"define\":\"thread\",\"id\":2,\"name\":\"Thread-1\"}", "1 thread 2 name=\"Thread-1\"",
         FAST},
        {"{\"define\":\"thread\",\"id\":2}", "1 thread 2 name=\"\"", FAST},
        {"{\"define\":\"thread\",\"id\":2,\"name\":3}", "bad: \"name\" is 3", FAST},
        {"{\"define\":\"object\",\"id\":3,\"kind\":\"priority_queue\",\"name\":\"q\",\"capacity\":"
         "10}",
         "1 object 3 kind=priority_queue capacity=10 name=\"q\"", FAST},
        {"{\"define\":\"object\",\"id\":3,\"name\":\"later\"}",
         "1 object 3 kind= capacity=0 name=\"later\"", FAST},
        {"{\"define\":\"site\",\"id\":1,\"function\":\"run\",\"file\":\"a.c\",\"line\":52}",
         "1 site 1 line=52 function=\"run\" file=\"a.c\"", FAST},
        {"{\"define\":\"site\",\"id\":1,\"file\":2}", "bad: \"file\" is 2", FAST},
        {EV "\"join_end\",\"target\":2,\"site\":3,\"outcome\":\"timeout\"}",
         "1 event t=5 thread=1 about=2 site=3 kind=join_end outcome=timeout", FAST},
        {EV "\"poll_end\",\"object\":2,\"question\":\"empty\",\"count\":123456}",
         "1 event t=5 thread=1 about=2 site=0 kind=poll_end outcome=ok question=empty count=123456",
         FAST},
        {EV "\"query\",\"target\":2,\"object\":9,\"question\":\"is_alive\",\"answer\":1}",
         "1 event t=5 thread=1 about=2 site=0 kind=query outcome=ok question=is_alive answer=1",
         FAST},
        {EV "\"query\",\"target\":2,\"object\":9,\"question\":\"empty\"}",
         "1 event t=5 thread=1 about=9 site=0 kind=query outcome=ok question=empty", FAST},
        {EV "\"query\",\"question\":\"active_count\",\"answer\":3}",
         "1 event t=5 thread=1 about=0 site=0 kind=query outcome=ok question=active_count answer=3",
         FAST},
        {EV "\"queue_put_timeout\",\"object\":1,\"outcome\":\"timeout\"}",
         "1 event t=5 thread=1 about=1 site=0 kind=queue_put_timeout outcome=timeout", FAST},
        {"{\"end\":true,\"events\":41,\"lost\":1,\"late\":2,\"duration_ns\":9012345678}",
         "end 41 1 2 9012345678", SLOW},
        {"{\"end\":true,\"events\":0}", "end 0 0 0 0", SLOW},
        {"{\"end\":true}", "bad: no \"events\"", SLOW},
        {"{\"end\":1,\"events\":0}", "bad: \"end\" is 1 (expected true)", FAST},
        {"{\"end\":false,\"events\":0}", "bad: \"end\" is false", SLOW},
        {"{\"end\":true,\"events\":-1}", "bad: \"events\" is -1", SLOW},
        {"{\"end\":true,\"events\":1,\"lost\":-1}", "bad: \"lost\" is -1", SLOW},
    };
    (void)state;
    CHECK(rows);
}

static void events_as_recorders_write_them_take_the_fastest_path(void **state)
{
    static const struct {
        const char *line;
        bool taken;
    } rows[] = {
        {EV "\"mark\"}", true},
        {EV "\"mark\",\"text\":\"sẵn sàng\"}", true},
        {EV "\"mark\",\"object\":7}", true},
        {EV "\"lock_acquire\",\"object\":1,\"site\":4294967294}", true},
        {EV "\"lock_request\",\"object\":1,\"site\":3,\"stack\":[4,5,6],\"timeout\":9}", true},
        {EV "\"join_end\",\"target\":2,\"site\":3,\"outcome\":\"timeout\"}", true},
        {EV "\"query\",\"target\":2,\"question\":\"is_alive\",\"answer\":1}", true},
        {EV "\"cond_wait\",\"object\":1,\"site\":3,\"with\":2}", true},
        {EV "\"queue_put\",\"object\":1,\"site\":3,\"size\":-1,\"item\":\"\"}", true},
        {EV "\"thread_create\",\"target\":2,\"daemon\":1,\"name\":\"t\"}", true},
        /* Whatever is not clearly good is for the others to judge. */
        {EV "\"mark\",\"object\":0}", false},
        {EV "\"mark\",\"new\":1}", false},
        {EV "\"mark\",\"timeout\":1}", false},
        {EV "\"mark\",\"site\":4294967295}", false},
        {EV "\"mark\",\"site\":1,\"site\":1}", false},
        {EV "\"mark\",\"text\":\"\\n\"}", false},
        {EV "\"mark\",\"t\":5}", false},
        {EV "\"mark\",\"stack\":[4294967295]}", false},
        {EV "\"mark\",\"stack\":1}", false},
        {EV "\"mark\",\"end\":1}", false},
        {EV "\"mark\"} ", false},
        {EV "\"teleport\"}", false},
        {EV "\"lock_acquire\"}", false},
        {EV "\"lock_acquire\",\"target\":1}", false},
        {EV "\"query\",\"question\":\"why\"}", false},
        {EV "\"thread_create\",\"target\":2,\"daemon\":2}", false},
        {EV "\"sleep_begin\",\"duration\":-1}", false},
        {EV "\"cond_wait\",\"object\":1,\"with\":0}", false},
        {EV "\"join_end\",\"target\":2,\"outcome\":\"abducted\"}", false},
        {"{\"t\":-1,\"thread\":1,\"event\":\"mark\"}", false},
        {"{\"t\":1,\"thread\":0,\"event\":\"mark\"}", false},
        {"{\"thread\":1,\"t\":5,\"event\":\"mark\"}", false},
        {"{\"define\":\"thread\",\"id\":2}", false},
        {"", false},
    };
    (void)state;
    weft_vocabulary_init(&words);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reading event = read_line(EVENT, rows[i].line, strlen(rows[i].line));
        if (event.taken != rows[i].taken) {
            fail_msg("the path of events %s %s", event.taken ? "took" : "did not take",
                     rows[i].line);
        }
        if (event.taken) {
            assert_string_equal(event.text,
                                read_line(SLOW, rows[i].line, strlen(rows[i].line)).text);
        }
    }
}

static void every_name_of_the_format_is_known_and_its_neighbours_are_not(void **state)
{
    (void)state;
    weft_vocabulary_init(&words);
    for (int kind = 1; kind < WEFT_EV_COUNT; kind++) {
        char name[64];
        const size_t len = strlen(weft_events[kind].name);

        (void)snprintf(name, sizeof name, "%s", weft_events[kind].name);
        assert_int_equal(weft_names_find_text(&words.events, name, len), kind);
        for (size_t i = 0; i < len; i++) {
            name[i] ^= 0x20;
            assert_int_equal(weft_names_find_text(&words.events, name, len), -1);
            name[i] ^= 0x20;
        }
        /* A prefix may be a name of its own (queue_join, queue_joined), but never this one. */
        assert_int_not_equal(weft_names_find_text(&words.events, name, len - 1), kind);
        name[len] = 'x';
        assert_int_equal(weft_names_find_text(&words.events, name, len + 1), -1);
    }
}

static void nesting_is_limited(void **state)
{
    char line[512] = MARK "\"new\":";
    (void)state;
    weft_vocabulary_init(&words);
    for (int depth = WEFT_LINE_DEPTH_MAX - 1; depth <= WEFT_LINE_DEPTH_MAX; depth++) {
        size_t len = strlen(MARK "\"new\":");
        for (int i = 0; i < depth; i++) {
            line[len++] = '[';
        }
        for (int i = 0; i < depth; i++) {
            line[len++] = ']';
        }
        line[len++] = '}';
        const struct reading slow = read_line(SLOW, line, len);
        if (depth < WEFT_LINE_DEPTH_MAX) {
            assert_string_equal(slow.text, MARKED "\n");
        } else {
            assert_non_null(strstr(slow.text, "too many brackets"));
        }
    }
}

static void a_nul_byte_is_bad_wherever_it_stands(void **state)
{
    static const char line[] = EV "\"mark\",\"text\":\"abc\"}";
    (void)state;
    weft_vocabulary_init(&words);
    for (size_t i = 0; i <= sizeof line - 1; i++) {
        char copy[sizeof line];
        memcpy(copy, line, i);
        copy[i] = '\0';
        memcpy(copy + i + 1, line + i, sizeof line - 1 - i);
        assert_memory_equal(read_line(SLOW, copy, sizeof line).text, "bad", 3);
        assert_false(read_line(FAST, copy, sizeof line).taken);
    }
}

static void no_prefix_of_a_line_is_a_line(void **state)
{
    static const char line[] = EV "\"mark\",\"text\":\"\\u00e9\",\"new\":[{\"a\":-1.5e2}]}";
    (void)state;
    weft_vocabulary_init(&words);
    for (size_t len = 0; len < sizeof line - 1; len++) {
        assert_memory_equal(read_line(SLOW, line, len).text, "bad", 3);
        assert_false(read_line(FAST, line, len).taken);
    }
    assert_string_equal(read_line(SLOW, line, sizeof line - 1).text, MARKED " text=\"é\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_exact_to_64_bits_and_nothing_else_is_one),
        cmocka_unit_test(numbers_of_things_are_from_1_to_2_to_the_32_less_2),
        cmocka_unit_test(texts_are_strict_utf8_without_nul),
        cmocka_unit_test(keys_are_exact_and_a_known_key_stands_once),
        cmocka_unit_test(a_line_is_one_object_and_nothing_else),
        cmocka_unit_test(what_a_later_weft_may_add_is_unknown_and_not_bad),
        cmocka_unit_test(each_kind_of_line_gives_what_it_says),
        cmocka_unit_test(events_as_recorders_write_them_take_the_fastest_path),
        cmocka_unit_test(every_name_of_the_format_is_known_and_its_neighbours_are_not),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(a_nul_byte_is_bad_wherever_it_stands),
        cmocka_unit_test(no_prefix_of_a_line_is_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
