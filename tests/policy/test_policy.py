#!/usr/bin/python3
"""The policy tests can fail: each rule sees a violation that is planted for it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import examples
import headers
import layers
import manuals
import same_shape
import source
import symbols

HERE = pathlib.Path(__file__).resolve().parent


class PlantedTree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        for header in ("base/status.h", "traces/format/format.h", "traces/model/model.h",
                       "runtime/record/record.h", "viewer/app.h", "viewer/sdl/window.h",
                       "scenarios/scenarios.def"):
            self.plant(header, "/* nothing */\n")

    def plant(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def found(self):
        return list(layers.complaints(self.root))


class Layers(PlantedTree):
    def assert_complains(self, path, line, word):
        self.plant(path, "/* first line */\n" + line + "\n")
        found = self.found()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{path}:2: "), found[0])
        self.assertIn(word, found[0])

    def test_a_tree_that_keeps_the_directions_has_no_complaint(self):
        self.plant("traces/model/model.c", '#include "traces/model/model.h"\n'
                                           '#include "base/status.h"\n#include <stdlib.h>\n')
        self.plant("cli/run.c", '#include "scenarios/scenarios.def"\n'
                                '#include "traces/model/model.h"\n')
        self.plant("viewer/main.c", '#include "viewer/sdl/window.h"\n')
        self.assertEqual(self.found(), [])

    def test_a_lower_folder_may_not_include_a_higher_one(self):
        self.assert_complains("base/status.c", '#include "traces/model/model.h"', "may not know")

    def test_the_recorder_may_not_include_base(self):
        self.assert_complains("runtime/record/record.c", '#include "base/status.h"',
                              "may not know")

    def test_the_layout_may_not_include_the_window(self):
        self.assert_complains("viewer/tracks/lane.c", '#include "viewer/sdl/window.h"',
                              "may not know")

    def test_traces_may_not_include_the_runtime(self):
        self.assert_complains("traces/write/drain.c", '#include "runtime/record/record.h"',
                              "may not know")

    def test_a_scenario_knows_the_installed_header_alone(self):
        self.assert_complains("scenarios/tour.c", '#include "runtime/record/record.h"',
                              "may not know")

    def test_an_include_is_written_from_the_root(self):
        self.assert_complains("viewer/app.c", '#include "app.h"', "from the root")

    def test_sdl_is_known_in_one_folder(self):
        self.assert_complains("viewer/app.c", "#include <SDL.h>", "viewer/sdl")

    def test_cjson_is_known_to_the_reader_alone(self):
        self.assert_complains("traces/model/model.c", "#include <cjson/cJSON.h>", "traces/read")

    def test_the_format_is_freestanding(self):
        self.assert_complains("traces/format/format.c", "#include <string.h>", "freestanding")

    def test_a_library_does_not_print(self):
        self.assert_complains("traces/read/read.c", 'static void f(void) { printf("x"); }',
                              "only programs print")

    def test_a_library_does_not_exit(self):
        self.assert_complains("base/arena.c", "static void f(void) { abort(); }",
                              "only programs end")

    def test_the_recorder_does_not_allocate(self):
        self.assert_complains("runtime/record/lane.c", "void *f(void) { return malloc(1); }",
                              "never allocates")

    def test_the_threads_do_not_read_the_clock(self):
        self.assert_complains("runtime/threads/lock.c",
                              "void f(void) { clock_gettime(0, 0); }", "runtime/schedule")

    def test_the_threads_do_not_block_by_themselves(self):
        self.assert_complains("runtime/threads/queue.c",
                              "void f(void) { pthread_cond_wait(0, 0); }", "runtime/schedule")

    def test_a_folder_that_nobody_put_into_the_table_is_told(self):
        self.plant("traces/misc/x.c", "\n")
        self.assertIn("not in the table", self.found()[0])

    def test_words_in_comments_and_literals_do_not_count(self):
        self.plant("traces/read/read.c", '/* printf("x"); */\n// abort();\n'
                                         'const char *s = "exit(1)";\nint weft_time(void);\n')
        self.assertEqual(self.found(), [])


class Headers(PlantedTree):
    def test_a_header_that_needs_another_before_it_is_told(self):
        self.plant("base/vec.h", "size_t weft_vec_room(void);\n")
        found = list(headers.complaints(self.root, "cc", "c++"))
        self.assertEqual(len(found), 1, found)
        self.assertIn("base/vec.h", found[0])

    def test_the_installed_header_is_tried_as_cxx(self):
        self.plant("runtime/weft.h", "int weft_new(void *class);\n")
        found = list(headers.complaints(self.root, "cc", "c++"))
        self.assertEqual(len(found), 1, found)
        self.assertIn("as c++", found[0])


class Symbols(unittest.TestCase):
    def test_malloc_is_not_allowed_and_memcpy_is(self):
        listing = "\nrecord.c.o:\n                 U memcpy\n                 U malloc@GLIBC_2.2.5\n"
        self.assertEqual(symbols.forbidden(listing), ["malloc"])

    def test_a_library_that_calls_printf_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder) / "x.o"
            subprocess.run(["cc", "-fno-builtin", "-c", "-x", "c", "-", "-o", made], check=True,
                           input=b"int printf(const char *, ...); void f(void) { printf(\"\"); }")
            done = subprocess.run([sys.executable, HERE / "symbols.py", "nm", made], check=False,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("printf", done.stdout)


class Manuals(unittest.TestCase):
    HELP = ("Usage: weft run [OPTION...] NAME\n\n"
            "  -o, --output=TRACE         Write there, not as --usual\n"
            "  -q, --quiet                No summary\n"
            "  -?, --help                 Give this help list\n"
            "      --usage                Give a short usage message\n")
    PAGE = (".It Fl o Ar trace , Fl -output Ar trace\n.It Fl q , Fl -quiet\n.It Fl -help\n")

    def test_the_same_options_are_no_difference(self):
        self.assertEqual(list(manuals.differences("run", self.HELP, self.PAGE)), [])

    def test_an_option_that_the_page_lacks_is_told(self):
        page = self.PAGE.replace(".It Fl q , Fl -quiet\n", "")
        found = list(manuals.differences("run", self.HELP, page))
        self.assertEqual(len(found), 2)
        self.assertIn("no item for --quiet", found[0])

    def test_an_option_that_only_the_page_has_is_told(self):
        found = list(manuals.differences("run", self.HELP, self.PAGE + ".It Fl -loud\n"))
        self.assertEqual(found, ["weft-run.1 has --loud, which weft run --help has not"])


class Examples(unittest.TestCase):
    def run_document(self, text):
        with tempfile.TemporaryDirectory() as folder:
            return examples.run(text, {"PATH": "/usr/bin:/bin"}, pathlib.Path(folder))

    def test_a_block_whose_first_line_fails_fails(self):
        self.assertEqual(self.run_document("```sh test\nfalse\ntrue\n```\n"), 1)

    def test_a_file_is_there_for_the_next_block(self):
        self.assertEqual(self.run_document(
            "```c file=a.c\nint a;\n```\n\n```sh test\ngrep -q 'int a;' a.c\n```\n"), 0)

    def test_a_document_without_blocks_is_no_success(self):
        self.assertEqual(self.run_document("```sh\ntrue\n```\n"), 1)


class Shapes(unittest.TestCase):
    SAMPLE = ['{"define":"thread","id":1,"name":"main"}',
              '{"define":"object","id":1,"kind":"lock","name":"l"}',
              '{"t":1,"thread":1,"event":"print",'
              '"text":"Thread-1: Thu Mar 22 15:42:17 2018"}',
              '{"end":true,"events":1,"lost":0,"late":0,"duration_ns":1000000000}']

    def differences(self, *replaced):
        lines = [line.replace(*replaced) for line in self.SAMPLE]
        return list(same_shape.differences(same_shape.shape_of(self.SAMPLE),
                                           same_shape.shape_of(lines)))

    def test_another_time_and_another_thread_are_no_difference(self):
        self.assertEqual(self.differences("Thread-1: Thu Mar 22", "Thread-2: Fri Mar 23"), [])

    def test_other_words_are(self):
        self.assertEqual(len(self.differences("Thread-1: ", "Thread-1; ")), 2)

    def test_another_kind_of_object_is(self):
        self.assertEqual(len(self.differences('"lock"', '"rlock"')), 2)

    def test_a_lost_event_is(self):
        self.assertEqual(self.differences('"lost":0', '"lost":3'), ["lost events: 3"])

    def test_a_cut_trace_is(self):
        self.assertIn("lost events: cut", self.differences('"end"', '"t":5,"thread":1,"event"'))

    def test_a_longer_run_is(self):
        self.assertEqual(len(self.differences("1000000000", "1060000000")), 1)


class Source(unittest.TestCase):
    def test_line_numbers_survive_comments(self):
        code = source.code_of("a /* one\ntwo */ b\n\"c\\\"d\" e")
        self.assertEqual(code.split("\n"), ["a       ", "       b", "\"    \" e"])


if __name__ == "__main__":
    unittest.main()
