/* Prints what the reader makes of a trace, for decode.py to compare: read_items TRACE */
#include "tests/read_items.h"

#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct weft_reader *reader;
    struct weft_item item;
    struct weft_sink out;
    enum weft_read read;

    if (argc != 2 || !weft_sink_init(&out, STDOUT_FILENO)) {
        return 2;
    }
    if (weft_reader_open(argv[1], &reader, NULL) == WEFT_OK) {
        while ((read = weft_reader_next(reader, &item)) != WEFT_READ_END) {
            if (read == WEFT_READ_ITEM) {
                item_print(&out, &item);
            } else if (read == WEFT_READ_BAD) {
                weft_sink_printf(&out, "%llu bad\n",
                                 (unsigned long long)weft_reader_health(reader)->lines);
            } else {
                return 1;
            }
        }
        health_print(&out, weft_reader_health(reader));
        weft_reader_close(reader);
    } else {
        weft_sink_text(&out, "refused\n");
    }
    const bool written = weft_sink_flush(&out);
    weft_sink_done(&out);
    return written ? 0 : 1;
}
