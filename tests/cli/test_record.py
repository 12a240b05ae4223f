#!/usr/bin/python3
"""weft record from outside: the program's manners are its own, what cannot be recorded is said,
locks carry their names, deadlocks are told, and a killed recording is recovered.

usage: test_record.py WEFT SOURCES [unittest's arguments]      SOURCES: tests/preload
"""
import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

WEFT, SOURCES = (os.path.abspath(word) for word in sys.argv[1:3])
# How long a deadlock may go on before it is told.  A test of every change runs where others work,
# too, and only wants it told; scripts/test-long asks for the second that is promised.
SOON_S = float(os.environ.get("WEFT_DEADLOCK_SOON_S", "60"))
DONE, USAGE, UNREADABLE, UNWRITABLE, FAILED, NOT_RUN, NOT_FOUND = 0, 2, 3, 4, 125, 126, 127


def compiled(folder, source, *flags):
    """Builds SOURCES/source into folder; its path."""
    program = os.path.join(folder, os.path.splitext(source)[0])
    compiler = "g++" if source.endswith(".cc") else "gcc"
    subprocess.run([compiler, "-g", "-O1", "-pthread", *flags, os.path.join(SOURCES, source),
                    "-o", program], check=True)
    return program


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.built.cleanup)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.trace = os.path.join(self.folder, "x.weft.jsonl")

    def record(self, *words, quiet=True, **options):
        options.setdefault("cwd", self.folder)
        return subprocess.run([WEFT, "record", *(["-q"] if quiet else []), "-o", self.trace, *words],
                              capture_output=True, text=True, timeout=60, check=False, **options)

    def lines(self, path=None):
        with open(path or self.trace, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def defined(self, what):
        """What was defined, in order; a later definition adds to the first."""
        things = {}
        for line in self.whole():
            if line.get("define") == what:
                things.setdefault(line["id"], {}).update(line)
        return list(things.values())

    def whole(self, path=None):
        """The trace is whole, and nothing was lost; its lines."""
        lines = self.lines(path)
        self.assertTrue(lines[-1]["end"])
        self.assertEqual(lines[-1]["events"], sum("event" in line for line in lines))
        self.assertEqual(lines[-1]["lost"], 0)
        return lines

    def refused(self, program, status, *words):
        result = self.record(program)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("weft: "), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertFalse(os.path.exists(self.trace))

    def copy(self, name, change=lambda content: content):
        """A changed copy of a program."""
        path = os.path.join(self.folder, name)
        with open("/bin/true", "rb") as file:
            content = file.read()
        with open(path, "wb") as file:
            file.write(change(content))
        os.chmod(path, 0o755)
        return path


class Manners(Case):
    def test_input_output_and_status_are_the_programs_own(self):
        result = self.record("--", "sh", "-c", "cat; echo problem >&2; exit 7", input="through\n")
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (7, "through\n", "problem\n"))

    def test_arguments_after_the_program_are_its_own(self):
        result = self.record("echo", "-q", "--", "-o", "x")
        self.assertEqual(result.stdout, "-q -- -o x\n")

    def test_a_signal_that_ends_it_is_in_the_status_and_the_trace(self):
        result = self.record("sh", "-c", "kill -SEGV $$")
        self.assertEqual(result.returncode, 128 + signal.SIGSEGV)
        end = [line for line in self.whole() if line.get("event") == "process_end"]
        self.assertEqual(end[0]["signal"], signal.SIGSEGV)

    def test_a_signal_to_weft_reaches_the_program(self):
        program = ["sh", "-c", "trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.05; done"]
        with subprocess.Popen([WEFT, "record", "-q", "-o", self.trace, "--", *program],
                              stdout=subprocess.PIPE, text=True) as run:
            self.assertEqual(run.stdout.readline(), "ready\n")
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.stdout.read(), "caught\n")
        self.assertEqual(run.returncode, 3)
        self.whole()

    def test_the_summary_says_what_there_is(self):
        result = self.record("true", quiet=False)
        self.assertRegex(result.stderr, r"^weft: 1 thread, \d+ events in \d+\.\d\d s, 0 lost; "
                                        r"recording took .* of the threads' time; the trace is ")
        self.assertIn(f"the trace is {self.trace}", result.stderr)
        self.assertEqual(result.stdout, "")

    def test_names_of_traces_are_told_in_plain_text(self):
        self.trace = os.path.join(self.folder, "a\x1b[31m\nb\u202e.jsonl")
        result = self.record("true", quiet=False)
        self.assertTrue(os.path.exists(self.trace))
        self.assertIn("/a\\x1b[31m\\nb\\u{202e}.jsonl\n", result.stderr)
        self.assertNotIn("\x1b", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 2)

    def test_findings_are_counted_at_the_end(self):
        program = compiled(self.folder, "rec_deadlock.c")
        fault = self.record("--on-deadlock=stop", program, "self", quiet=False)
        self.assertRegex(fault.stderr, rf"\nweft: 1 finding: weft check {self.trace}\n$")
        self.assertNotIn("finding", self.record(program, "sound", quiet=False).stderr)
        self.assertNotIn("finding", self.record("--on-deadlock=stop", program, "self").stderr)

    def test_the_trace_is_named_after_the_program(self):
        subprocess.run([WEFT, "record", "-q", "/bin/true"], check=True, cwd=self.folder)
        self.assertEqual(os.listdir(self.folder), ["true.weft.jsonl"])

    def test_closed_streams_stay_closed_and_the_trace_clean(self):
        inner = "for n in 0 1 2; do [ -e /proc/self/fd/$n ] && echo open > " + self.folder + "/$n; done; exit 4"
        result = subprocess.run(["sh", "-c", f'"$@" <&- >&- 2>&-', "-", WEFT, "record", "-o", self.trace,
                                 "sh", "-c", inner], check=False)
        self.assertEqual(result.returncode, 4)
        self.whole()
        self.assertEqual([name for name in os.listdir(self.folder) if len(name) == 1], [])

    def test_other_preloads_stay(self):
        result = self.record("sh", "-c", "echo $LD_PRELOAD",
                             env={**os.environ, "LD_PRELOAD": "libpthread.so.0",
                                  "ASAN_OPTIONS": "verify_asan_link_order=0"})  # of weft itself
        self.assertRegex(result.stdout, r"libweft_preload\.so:libpthread\.so\.0\n$")

    def test_a_program_with_address_sanitizer_is_recorded(self):
        program = compiled(self.folder, "rec_deadlock.c", "-fsanitize=address")
        result = self.record(program, "sound")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (DONE, "done\n", ""))
        acquires = sum(line.get("event") == "lock_acquire" for line in self.whole())
        self.assertGreaterEqual(acquires, 4 * 3000 * 8)

    def test_a_program_on_weft_h_gives_one_trace(self):
        scenario = os.path.join(os.path.dirname(WEFT), "scenarios", "queue-workers")
        result = self.record(scenario)
        self.assertEqual(result.returncode, DONE, result.stderr)
        kinds = {thing["kind"] for thing in self.defined("object")}
        self.assertIn("queue", kinds)
        self.assertNotIn("mutex", kinds)

    def test_an_unwritable_trace(self):
        self.trace = "/nowhere/x.jsonl"
        result = self.record("true")
        self.assertEqual(result.returncode, UNWRITABLE)
        self.assertIn("/nowhere/x.jsonl", result.stderr)

    def test_a_full_disk_lets_the_program_go_on(self):
        self.trace = "/dev/full"
        result = self.record("echo", "done")
        self.assertEqual((result.returncode, result.stdout), (UNWRITABLE, "done\n"))
        self.assertIn("No space left", result.stderr)

    def test_a_wrapper_script_and_env_lead_to_the_program(self):
        program = compiled(self.folder, "rec_names.c")
        script = os.path.join(self.folder, "wrapper")
        with open(script, "w", encoding="ascii") as file:
            file.write(f"#!/usr/bin/env sh\nexec {program}\n")
        os.chmod(script, 0o755)
        self.assertEqual(self.record(script).returncode, DONE)
        names = {thing.get("name") for thing in self.defined("object")}
        self.assertIn("queue_lock", names)


class Refusals(Case):
    def test_a_missing_program(self):
        self.refused("no-such-program", NOT_FOUND, "no-such-program", "No such file")
        self.refused("./no-such-program", NOT_FOUND, "./no-such-program")

    def test_a_file_that_is_not_executable(self):
        self.refused("/etc/passwd", NOT_RUN, "/etc/passwd", "Permission denied")
        self.refused("/etc", NOT_RUN, "Is a directory")

    def test_no_program_at_all(self):
        self.assertEqual(self.record().returncode, USAGE)

    def test_a_static_program(self):
        self.refused(compiled(self.folder, "rec_deadlock.c", "-static"), NOT_RUN, "statically")

    def test_a_32_bit_program(self):
        path = self.copy("narrow", lambda content: content[:4] + b"\1" + content[5:])
        self.refused(path, NOT_RUN, "32-bit")

    def test_a_program_for_another_processor(self):
        path = self.copy("foreign", lambda content: content[:18] + b"\x08\0" + content[20:])
        self.refused(path, NOT_RUN, "another processor")

    def test_a_program_of_musl(self):
        def to_musl(content):
            loader = re.search(rb"/lib[\w/.-]*ld-linux[\w.-]*\0", content).group()
            return content.replace(loader, b"/lib/ld-musl.so.1".ljust(len(loader), b"\0"), 1)
        self.refused(self.copy("of-musl", to_musl), NOT_RUN, "musl")

    @unittest.skipIf(os.getuid() != 0, "needs root")
    def test_a_setuid_and_a_setgid_program(self):
        for mode, word in ((stat.S_ISUID, "setuid"), (stat.S_ISGID, "setgid")):
            path = self.copy(word)
            os.chown(path, 65534, 65534)
            os.chmod(path, 0o755 | mode)
            self.refused(path, NOT_RUN, word)

    def test_a_script_with_such_an_interpreter(self):
        static = compiled(self.folder, "rec_deadlock.c", "-static")
        script = os.path.join(self.folder, "script")
        with open(script, "w", encoding="ascii") as file:
            file.write(f"#! {static} sound\n")
        os.chmod(script, 0o755)
        self.refused(script, NOT_RUN, script, static, "statically")

    def test_files_that_lie_about_themselves(self):
        """Nothing is read beyond the end, and whatever it is, it is said."""
        with open("/bin/true", "rb") as file:
            whole = file.read()
        broken = (NOT_RUN, *(128 + end for end in (signal.SIGSEGV, signal.SIGBUS, signal.SIGKILL)))
        for at in (16, 32, 40, 54, 56, 64, 72, 96, 104):
            for value in (b"\xff" * 8, b"\x80" + b"\0" * 7):
                path = self.copy("liar", lambda content: content[:at] + value + content[at + 8:])
                result = self.record(path)
                self.assertIn(result.returncode, (DONE, *broken))
        for length in (4, 20, 63, 64, 100, 1000):
            self.copy("short", lambda content: content[:length])
            self.assertIn(self.record(os.path.join(self.folder, "short")).returncode, broken)
        self.assertGreater(len(whole), 1000)

    def test_a_missing_recorder(self):
        shutil.copy(WEFT, os.path.join(self.folder, "weft"))
        result = subprocess.run([os.path.join(self.folder, "weft"), "record", "true"],
                                capture_output=True, text=True, check=False, cwd=self.folder)
        self.assertEqual(result.returncode, FAILED)
        self.assertIn("libweft_preload.so", result.stderr)

    def test_openmp_and_go_are_recorded_with_a_warning(self):
        source = os.path.join(self.folder, "p.c")
        note = ('__asm__(".pushsection .note.go.buildid,\\"a\\",%note\\n.long 4,4,4\\n'
                '.asciz \\"Go\\\\0\\"\\n.long 0\\n.popsection");')
        for text, flags, word in (
                ("int main(void) {\n#pragma omp parallel\n{}\nreturn 5; }", ["-fopenmp"], "libgomp"),
                (note + "int main(void) { return 5; }", [], "Go")):
            with open(source, "w", encoding="ascii") as file:
                file.write(text)
            program = os.path.join(self.folder, "p")
            subprocess.run(["gcc", *flags, source, "-o", program], check=True)
            result = self.record(program)
            self.assertEqual(result.returncode, 5, result.stderr)
            self.assertIn(word, result.stderr)


    def test_waits_that_cannot_be_seen_are_told_after_the_run(self):
        """A library whose threads wait by bare system calls, and that is loaded late."""
        library = os.path.join(self.folder, "libbare.so")
        source = os.path.join(self.folder, "bare.c")
        with open(source, "w", encoding="ascii") as file:
            file.write('long bare(void);\nlong bare(void) {\n'
                       '  long t[2] = {0, 700000000}, r; int word = 0;\n'
                       '  register long *limit __asm__("r10") = t;\n'
                       '  __asm__ volatile("syscall" : "=a"(r) : "a"(202), "D"(&word), "S"(128),\n'
                       '    "d"(0), "r"(limit) : "rcx", "r11", "memory");\n  return r; }\n')
        subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", library], check=True)
        result = self.record(sys.executable, "-c",
                             f"import ctypes; ctypes.CDLL('{library}').bare()")
        self.assertEqual(result.returncode, DONE)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn("1 thread waited in system calls that libbare.so makes by itself",
                      result.stderr)


class Names(Case):
    def names(self):
        return [thing.get("name") for thing in self.defined("object")]

    def recorded(self, program):
        result = self.record(program)
        self.assertEqual(result.returncode, DONE, result.stderr)

    def test_variables_and_heap(self):
        self.recorded(compiled(self.folder, "rec_names.c"))
        self.assertEqual(self.names(), ["queue_lock", "locks[0]", "locks[3]", "srv.st[1].lock",
                                        "file_static_lock", "in_function::fn_static", "&q->lock"])
        threads = [thing["name"] for thing in self.defined("thread")]
        self.assertEqual(threads, ["main", "worker"])

    def test_without_position_independence(self):
        self.recorded(compiled(self.folder, "rec_names.c", "-no-pie", "-fno-pie"))
        self.assertIn("srv.st[1].lock", self.names())

    C_NAMES = ["queue_lock", "locks[0]", "locks[3]", "srv.st[1].lock", "file_static_lock",
               "in_function::fn_static", "&q->lock"]
    CXX_NAMES = ["(anonymous namespace)::m", "mu_", "app::Cache::registry"]

    def test_however_it_was_built(self):
        for level in ("-O0", "-O2", "-O3"):
            for pie in (("-pie", "-fpie"), ("-no-pie", "-fno-pie")):
                with self.subTest(level=level, pie=pie):
                    self.recorded(compiled(self.folder, "rec_names.c", level, *pie))
                    self.assertEqual(self.names(), self.C_NAMES)
                    self.recorded(compiled(self.folder, "rec_names_cxx.cc", level, *pie))
                    self.assertEqual(self.names(), self.CXX_NAMES)

    def in_a_library(self, source, compiler, *flags):
        """All of it in a library, behind a main of one line; the program."""
        main = os.path.join(self.folder, "main.c")
        library = os.path.join(self.folder, "libnames.so")
        with open(main, "w", encoding="ascii") as file:
            file.write("int all(void);\nint main(void) { return all(); }\n")
        subprocess.run([compiler, "-g", "-O2", "-shared", "-fPIC", "-pthread", "-o", library,
                        "-Dmain=all" if compiler == "gcc" else '-Dmain=extern "C" int all(); int all',
                        os.path.join(SOURCES, source), *flags], check=True)
        program = os.path.join(self.folder, "behind")
        subprocess.run(["gcc", "-o", program, main, library, f"-Wl,-rpath,{self.folder}"],
                       check=True)
        return program

    def test_in_a_shared_library(self):
        self.recorded(self.in_a_library("rec_names.c", "gcc"))
        self.assertEqual(self.names(), self.C_NAMES)
        # What it exports has a symbol still; the rest has its place in the file.
        self.recorded(self.in_a_library("rec_names.c", "gcc", "-s"))
        self.assertEqual(self.names()[0], "queue_lock")
        for name in self.names()[4:]:
            self.assertRegex(name, r"^(mutex@)?libnames\.so\+0x[0-9a-f]+$")

    def test_without_types_the_symbol_and_the_offset(self):
        self.recorded(compiled(self.folder, "rec_names.c", "-g0"))
        names = self.names()
        self.assertEqual(names[0], "queue_lock")
        self.assertEqual(names[2], "locks+120")
        self.assertRegex(names[3], r"^srv\+\d+$")
        self.assertEqual(names[4:6], ["file_static_lock", "fn_static"])
        self.assertRegex(names[6], r"^mutex@(on_heap|worker)$")  # inlined, or not

    def test_without_symbols_the_place_in_the_file(self):
        self.recorded(compiled(self.folder, "rec_names.c", "-s"))
        for name in self.names():
            self.assertRegex(name, r"^(mutex@)?rec_names\+0x[0-9a-f]+$")
        sites = [site["function"] for site in self.defined("site") if "function" in site]
        for place in (site for site in sites if not site.startswith("__libc")):
            self.assertRegex(place, r"^rec_names\+0x[0-9a-f]+$")
        self.assertGreater(len(sites), 5)

    def test_blocking_calls_are_called_by_their_names(self):
        program = os.path.join(self.folder, "reads")
        subprocess.run(["gcc", "-x", "c", "-", "-s", "-o", program], check=True, text=True,
                       input="#include <unistd.h>\n"
                             "int main(void) { char b; return read(0, &b, 1) < 0; }")
        read_end, write_end = os.pipe()
        with subprocess.Popen([WEFT, "record", "-q", "-o", self.trace, "--", program],
                              stdin=read_end) as recorded:
            time.sleep(0.3)
            os.write(write_end, b"x")
            self.assertEqual(recorded.wait(60), DONE)
        os.close(read_end)
        os.close(write_end)
        told = subprocess.run([WEFT, "explain", self.trace], capture_output=True, text=True,
                              check=True).stdout
        self.assertRegex(told, r"ms: read in reads\+0x[0-9a-f]+, 1 call, the longest .* by main")
        self.assertRegex(told, r"  main: read in reads\+0x[0-9a-f]+")
        told = subprocess.run([WEFT, "explain", "--at", "100ms", self.trace], capture_output=True,
                              text=True, check=True).stdout
        self.assertRegex(told, r"  main is blocked in read \(")

    def test_without_its_source_a_heap_lock_is_called_by_its_first_use(self):
        source = os.path.join(self.folder, "gone.c")
        shutil.copy(os.path.join(SOURCES, "rec_names.c"), source)
        with open(source, encoding="ascii") as file:
            line = 1 + next(i for i, text in enumerate(file) if "pthread_mutex_lock(&q->lock)" in text)
        program = os.path.join(self.folder, "gone")
        subprocess.run(["gcc", "-g", "-pthread", source, "-o", program], check=True)
        os.unlink(source)
        self.recorded(program)
        self.assertEqual(self.names()[-1], f"mutex@gone.c:{line}")

    def test_cxx(self):
        self.recorded(compiled(self.folder, "rec_names_cxx.cc"))
        self.assertEqual(self.names(), ["(anonymous namespace)::m", "mu_", "app::Cache::registry"])
        sites = self.defined("site")
        own = [site for site in sites if site["file"].endswith("rec_names_cxx.cc")]
        self.assertIn("app::Cache::put", [site["function"] for site in own])

    def test_cxx_without_optimisation(self):
        """There std::mutex::lock is a function of its own: its caller is the site."""
        for flags in (("-O0",), ("-O0", "-no-pie", "-fno-pie", "-fcf-protection=full")):
            self.recorded(compiled(self.folder, "rec_names_cxx.cc", *flags))
            self.assertEqual(self.names(),
                             ["(anonymous namespace)::m", "mu_", "app::Cache::registry"])
            sites = [(site.get("function"), os.path.basename(site.get("file", "")))
                     for site in self.defined("site")]
            self.assertEqual(set(sites), {("main", "rec_names_cxx.cc"),
                                          ("app::Cache::put", "rec_names_cxx.cc")})

    def test_cxx_conditions_without_optimisation(self):
        source = os.path.join(self.folder, "c.cc")
        with open(source, "w", encoding="ascii") as file:
            file.write("#include <condition_variable>\n#include <mutex>\n#include <thread>\n"
                       "static std::mutex lock;\nstatic std::condition_variable changed;\n"
                       "static bool ready;\nint main()\n{\n"
                       "    std::thread other([] {\n        std::scoped_lock held(lock);\n"
                       "        ready = true;\n        changed.notify_all();\n    });\n"
                       "    std::unique_lock<std::mutex> held(lock);\n"
                       "    changed.wait(held, [] { return ready; });\n"
                       "    held.unlock();\n    other.join();\n}\n")
        program = os.path.join(self.folder, "c")
        subprocess.run(["g++", "-g", "-O0", "-std=c++17", "-pthread", source, "-o", program],
                       check=True)
        self.recorded(program)
        self.assertIn("lock", self.names())
        own = [site.get("line") for site in self.defined("site") if site.get("file") == source]
        self.assertLessEqual({10, 12, 14, 16}, set(own))

    def test_what_stands_in_the_line_of_the_first_use(self):
        self.recorded(compiled(self.folder, "rec_arguments.cc", "-O2", "-std=c++17"))
        names = self.names()
        self.assertEqual(names[:5], ["s->mu", "s->r", "s->sm", "s->p", "&arr[i].p"])
        for name in names[5:]:  # two in one line: nobody knows which is which
            self.assertRegex(name, r"^mutex@rec_arguments\.cc:\d+( #2)?$")

    def test_no_two_things_have_one_name_and_none_has_the_librarys(self):
        self.recorded(compiled(self.folder, "rec_alike.cc", "-std=c++20"))
        names = [name for name in self.names() if name]
        self.assertEqual(len(names), len(set(names)), names)
        self.assertLessEqual({"s->mu", "s->mu #2"}, set(names))
        self.assertEqual([name for name in names if "__" in name], [])

    def test_cxx_without_types(self):
        self.recorded(compiled(self.folder, "rec_names_cxx.cc", "-g0", "-fno-inline"))
        self.assertEqual(self.names()[::2], ["(anonymous namespace)::m", "app::Cache::registry"])
        functions = [site.get("function") for site in self.defined("site")]
        self.assertIn("__gthread_mutex_lock", functions)

    def callers(self):
        """Of the first wait of each function: who called it."""
        sites = {line["id"]: line for line in self.defined("site")}
        found = {}
        for line in self.whole():
            if "site" in line:
                found.setdefault(sites[line["site"]].get("function"), [
                    (sites[of].get("function"), sites[of].get("line"))
                    for of in line.get("stack", [])])
        return found

    def test_callers_of_what_waits_are_kept_where_there_are_frame_pointers(self):
        program = compiled(self.folder, "rec_stacks.c", "-fno-omit-frame-pointer")
        result = self.record("--stacks=2", "--", program)
        self.assertEqual(result.returncode, DONE, result.stderr)
        callers = self.callers()
        self.assertEqual(callers["take"], [("visit", 16), ("visitor", 22)])
        self.assertEqual(callers["nap"][0], ("main", 39))
        self.assertNotIn("short_stacks", self.whole()[-1])
        shown = subprocess.run([WEFT, "explain", "--wait", "2.1", self.trace], text=True,
                               capture_output=True, check=True).stdout
        self.assertIn("called from visit (rec_stacks.c:16)\n", shown)
        shown = subprocess.run([WEFT, "dump", self.trace], text=True, capture_output=True,
                               check=True).stdout
        self.assertIn("called from visit rec_stacks.c:16 < visitor rec_stacks.c:22", shown)

    def test_waits_without_known_callers_are_counted(self):
        program = compiled(self.folder, "rec_stacks.c", "-O2", "-fomit-frame-pointer")
        result = self.record("--stacks", "--", program, quiet=False)
        self.assertEqual(result.returncode, DONE, result.stderr)
        self.assertEqual(self.whole()[-1]["short_stacks"], 3)
        self.assertIn("of 3 waits no caller is known", result.stderr)

    def test_without_stacks_there_are_none(self):
        self.record(compiled(self.folder, "rec_stacks.c", "-fno-omit-frame-pointer"))
        self.assertFalse(any("stack" in line for line in self.whole()))
        for wrong in ("0", "17", "x", "-1"):
            self.assertEqual(self.record("--stacks=" + wrong, "--", "true").returncode, USAGE)

    def test_a_library_that_is_loaded_later(self):
        library = os.path.join(self.folder, "late.so")
        subprocess.run(["gcc", "-g", "-O1", "-shared", "-fPIC", "-pthread", "-o", library,
                        os.path.join(SOURCES, "rec_late.c")], check=True)
        result = self.record(compiled(self.folder, "rec_loads.c"), library)
        self.assertEqual(result.returncode, DONE, result.stderr)
        self.assertIn("late_lock", self.names())
        files = [thing.get("file", "") for thing in self.defined("site")]
        self.assertTrue(any(file.endswith("rec_late.c") for file in files), files)


class Allocators(Case):
    """One that locks at every turn, under the name of a known one."""

    def setUp(self):
        super().setUp()
        library = os.path.join(self.folder, "libjemalloc.so.2")
        for path, text in ((library, "#include <pthread.h>\n#include <stddef.h>\n"
                                     "static pthread_mutex_t arena = PTHREAD_MUTEX_INITIALIZER;\n"
                                     "void turn(void) { pthread_mutex_lock(&arena);\n"
                                     "pthread_mutex_unlock(&arena); pthread_mutex_trylock(&arena);\n"
                                     "pthread_mutex_unlock(&arena); }\n"),
                           (self.folder + "/p", "#include <pthread.h>\nvoid turn(void);\n"
                                     "pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;\n"
                                     "int main(void) { for (int i = 0; i < 1000; i++) { turn();\n"
                                     "pthread_mutex_lock(&own); turn();\n"
                                     "pthread_mutex_unlock(&own); } return 0; }\n")):
            with open(path + ".c", "w", encoding="ascii") as file:
                file.write(text)
        subprocess.run(["gcc", "-shared", "-fPIC", library + ".c", "-o", library], check=True)
        self.program = os.path.join(self.folder, "p")
        subprocess.run(["gcc", self.program + ".c", library, "-o", self.program], check=True)

    def test_its_own_locks_are_left_out_and_counted(self):
        result = self.record(self.program, quiet=False)
        self.assertEqual(result.returncode, DONE, result.stderr)
        lines = self.whole()
        self.assertEqual(sum(line.get("event") == "lock_acquire" for line in lines), 1000)
        self.assertEqual(sum(line.get("event") == "lock_release" for line in lines), 1000)
        self.assertEqual(lines[-1]["left_out"], 8000)
        self.assertIn("8000 operations on the memory allocator's own locks left out",
                      result.stderr)

    def test_they_can_be_kept(self):
        self.assertEqual(self.record("--allocator-locks", self.program).returncode, DONE)
        lines = self.whole()
        self.assertEqual(sum(line.get("event") == "lock_acquire" for line in lines), 5000)
        self.assertNotIn("left_out", lines[-1])


class Libraries(Case):
    """Libraries that the program loads itself."""

    def library(self, path, source, *flags):
        with open(path + ".c", "w", encoding="ascii") as file:
            file.write(source)
        subprocess.run(["gcc", "-g", "-shared", "-fPIC", "-pthread", "-o", path, path + ".c",
                        *flags], check=True)
        return path

    def test_one_that_binds_to_itself_first_is_recorded_and_told(self):
        library = self.library(os.path.join(self.folder, "deep.so"),
                               "#include <pthread.h>\n"
                               "pthread_mutex_t deep_lock = PTHREAD_MUTEX_INITIALIZER;\n"
                               "void work(void) { pthread_mutex_lock(&deep_lock);\n"
                               "  pthread_mutex_unlock(&deep_lock); }\n")
        source = os.path.join(self.folder, "main.c")
        with open(source, "w", encoding="ascii") as file:
            file.write('#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <unistd.h>\n'
                       'int main(int argc, char **argv) {\n(void)argc;\n'
                       'void *l = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);\n'
                       'if (!l) return 1;\n((void (*)(void))dlsym(l, "work"))();\nusleep(50000);\n'
                       'return 0; }\n')
        program = os.path.join(self.folder, "main")
        subprocess.run(["gcc", source, "-o", program], check=True)
        result = self.record(program, library)
        self.assertEqual(result.returncode, DONE, result.stderr)
        self.assertIn("deep_lock", [thing.get("name") for thing in self.defined("object")])
        marks = [line["text"] for line in self.whole() if line.get("event") == "mark"]
        self.assertEqual(len(marks), 1)
        self.assertIn("RTLD_DEEPBIND", marks[0])

    def test_the_folders_of_the_calling_library_are_searched(self):
        """The loader takes them from the library that calls dlopen: that is not to be ours."""
        os.mkdir(os.path.join(self.folder, "sub"))
        self.library(os.path.join(self.folder, "sub", "inner.so"),
                     "int answer(void) { return 7; }\n")
        outer = self.library(os.path.join(self.folder, "outer.so"),
                             "#include <dlfcn.h>\n"
                             "int ask(void) { void *l = dlopen(\"inner.so\", RTLD_NOW);\n"
                             "  return l ? ((int (*)(void))dlsym(l, \"answer\"))() : 1; }\n",
                             "-Wl,-rpath,$ORIGIN/sub", "-Wl,--enable-new-dtags")
        source = os.path.join(self.folder, "main.c")
        with open(source, "w", encoding="ascii") as file:
            file.write('int ask(void);\nint main(void) { return ask(); }\n')
        program = os.path.join(self.folder, "main")
        subprocess.run(["gcc", source, outer, "-o", program], check=True)
        self.assertEqual(self.record(program).returncode, 7)


class Deadlocks(Case):
    def setUp(self):
        super().setUp()
        self.program = compiled(self.folder, "rec_deadlock.c")

    def told(self, mode, *words):
        begin = time.monotonic()
        result = self.record("--on-deadlock=stop", self.program, mode)
        self.assertLess(time.monotonic() - begin, SOON_S + 0.5)  # with start and end
        self.assertEqual(result.returncode, 128 + signal.SIGKILL, result.stderr)
        self.assertEqual(result.stderr.count("deadlock"), 1 + result.stderr.count("rec_deadlock.c"))
        for word in words:
            self.assertRegex(result.stderr, word)
        self.whole()

    def test_two_threads(self):
        self.told("2", r"weft: deadlock: 2 threads wait for each other",
                  r"thread 2 \(philosopher\) waits for fork_lock\[1\] in take \(rec_deadlock.c:\d+\), "
                  r"which thread 3 \(philosopher\) has acquired in philosopher \(rec_deadlock.c:\d+\)",
                  r"thread 3 \(philosopher\) waits for fork_lock\[0\]")

    def test_three_threads(self):
        self.told("3", r"3 threads", r"fork_lock\[0\]", r"fork_lock\[1\]", r"fork_lock\[2\]")

    def test_beside_threads_that_lock_at_full_speed(self):
        for threads in (2, 3):
            with self.subTest(threads=threads), \
                    subprocess.Popen([WEFT, "record", "-q", "--on-deadlock=stop", "-o", self.trace,
                                      self.program, "beside", str(threads)],
                                     stderr=subprocess.PIPE, text=True) as run:
                begin = time.monotonic()
                said = run.stderr.readline()
                after = time.monotonic() - begin
                said += run.stderr.read()
                self.assertEqual(run.wait(), 128 + signal.SIGKILL, said)
                self.assertIn(f"weft: deadlock: {threads} threads wait for each other\n", said)
                # begun 0.2 s after the start, 0.3 s for that
                self.assertLess(after, 0.2 + SOON_S + 0.3)
                for lock in range(threads):
                    self.assertRegex(said, rf"waits for fork_lock\[{lock}\] in take "
                                     r"\(rec_deadlock.c:\d+\), which thread \d+( \(philosopher\))? "
                                     r"has acquired in philosopher \(rec_deadlock.c:\d+\)")

    def test_one_thread_alone_beside_threads_that_lock_at_full_speed(self):
        begin = time.monotonic()
        result = self.record("--on-deadlock=stop", self.program, "beside", "self")
        self.assertLess(time.monotonic() - begin, 15)  # it would end by itself after 20
        self.assertEqual(result.returncode, 128 + signal.SIGKILL, result.stderr)
        self.assertRegex(result.stderr, r"weft: deadlock: a thread waits for itself\n.*waits for "
                         r"fork_lock\[0\] in main \(rec_deadlock.c:\d+\)")

    def test_a_join(self):
        self.told("join", r"thread 1 \(main\) waits for the end of thread 2 \(needs_the_first\)",
                  r"thread 2 \(needs_the_first\) waits for fork_lock\[0\]")

    def test_one_thread_alone(self):
        self.told("self", r"a thread waits for itself")

    def test_without_stop_the_program_goes_on(self):
        with subprocess.Popen([WEFT, "record", "-q", "-o", self.trace, self.program, "2"],
                              stderr=subprocess.PIPE, text=True) as run:
            self.assertIn("deadlock", run.stderr.readline())
            self.assertIsNone(run.poll())
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(20), 128 + signal.SIGTERM)
            self.assertNotIn("deadlock:", run.stderr.read())
        self.whole()

    def test_sound_programs_give_no_report(self):
        for mode in ("sound", "timed"):
            result = self.record("--on-deadlock=stop", self.program, mode)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "done\n", ""))

    def test_a_wrong_word(self):
        self.assertEqual(self.record("--on-deadlock=perhaps", "true").returncode, USAGE)


class Recovery(Case):
    def recover(self, *words):
        return subprocess.run([WEFT, "recover", *words], capture_output=True, text=True, timeout=60,
                              check=False, cwd=self.folder)

    def killed_recording(self):
        """A running program whose launcher was killed: its pid and the spool."""
        program = compiled(self.folder, "rec_ticks.c")
        run = subprocess.Popen([WEFT, "record", "-q", "-o", self.trace, program],
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        self.assertEqual(run.stdout.readline(), "ready\n")
        with open(f"/proc/{run.pid}/task/{run.pid}/children", encoding="ascii") as file:
            (pid,) = map(int, file.read().split())
        with open(f"/proc/{pid}/environ", "rb") as file:
            (spool,) = [word[len(b"WEFT_SPOOL="):].decode() for word in file.read().split(b"\0")
                        if word.startswith(b"WEFT_SPOOL=")]
        self.assertEqual(self.recover(spool, "-o", "busy.jsonl").returncode, UNREADABLE)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "busy.jsonl")))
        run.kill()
        run.wait(20)
        return pid, spool

    def test_after_both_were_killed(self):
        pid, spool = self.killed_recording()
        time.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        result = self.recover(spool, "-o", "rest.jsonl")
        self.assertEqual(result.returncode, DONE, result.stderr)
        lines = self.lines(os.path.join(self.folder, "rest.jsonl"))
        self.assertEqual(lines[0]["program"], "rec_ticks")
        self.assertTrue(lines[-1]["end"])
        self.assertIn("tick_lock", [line.get("name") for line in lines])
        self.assertGreater(lines[-1]["events"], 10)
        self.assertFalse(os.path.exists(spool))

    def test_a_program_that_still_runs_is_recorded_on(self):
        pid, spool = self.killed_recording()
        with subprocess.Popen([WEFT, "recover", spool, "-o", self.trace + "2"],
                              stderr=subprocess.PIPE, text=True) as recover:
            time.sleep(0.5)
            self.assertIsNone(recover.poll())
            os.kill(pid, signal.SIGTERM)
            self.assertIn("the trace is", recover.stderr.read())
        self.assertEqual(recover.returncode, DONE)
        lines = self.lines(self.trace + "2")
        times = [line["t"] for line in lines if "event" in line]
        self.assertGreater(times[-1] - times[0], 300_000_000)

    def test_nonsense_in_a_spool_does_no_harm(self):
        pid, spool = self.killed_recording()
        time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        self.addCleanup(os.unlink, spool)
        with open(spool, "rb") as file:
            begin, size = file.read(300_000), os.path.getsize(spool)
        packed = begin[begin.index(self.folder.encode()):].split(b"\0")[0].decode()
        self.addCleanup(lambda: os.path.exists(packed) and os.unlink(packed))
        with open(packed, "rb") as file:
            events = file.read()
        chance = random.Random(3)
        nonsense = spool + "-nonsense"
        recovered = 0
        for _ in range(60):
            content = bytearray(begin)
            for _ in range(chance.choice((1, 5, 30))):
                at = chance.choice((chance.randrange(8, 200), chance.randrange(4096, 4416)))
                content[at] = chance.choice((0, 1, 0x7f, 0xff, chance.randrange(256)))
            with open(nonsense, "wb") as file:
                file.write(content)
                file.truncate(size)
            content = bytearray(events)
            for _ in range(chance.choice((0, 1, 30))):
                content[chance.randrange(8, len(content))] = chance.randrange(256)
            with open(packed, "wb") as file:  # a recovery has removed the one before
                file.write(content[:chance.choice((len(content), chance.randrange(len(content))))])
            result = self.recover(nonsense, "-o", self.trace)
            if os.path.exists(nonsense):
                os.unlink(nonsense)
            self.assertIn(result.returncode, (DONE, UNREADABLE), result.stderr)
            self.assertLessEqual(result.stderr.count("\n"), 2)
            if result.returncode == DONE:
                recovered += 1
                lines = self.lines()
                self.assertTrue(lines[-1]["end"])
                self.assertEqual(lines[-1]["events"], sum("event" in line for line in lines))
        self.assertGreater(recovered, 20)  # that is no test whose trials all end at the door

    def test_a_spool_that_names_its_own_reader_is_of_nobody(self):
        pid, spool = self.killed_recording()
        os.kill(pid, signal.SIGKILL)
        self.addCleanup(os.unlink, spool)
        own = spool + "-own"
        self.addCleanup(lambda: os.path.exists(own) and os.unlink(own))
        with open(spool, "rb") as file:
            content = file.read(300_000)
        with open(own, "wb") as file:
            file.write(content)
            file.truncate(os.path.getsize(spool))
        at = content.index(pid.to_bytes(4, "little"))
        become = ("import os, sys\n"
                  "with open(sys.argv[1], 'r+b') as file:\n"
                  "    file.seek(int(sys.argv[2]))\n"
                  "    file.write(os.getpid().to_bytes(4, 'little'))\n"
                  "os.execv(sys.argv[3], sys.argv[3:])\n")
        result = subprocess.run(
            [sys.executable, "-c", become, own, str(at), WEFT, "recover", "-o", self.trace, own],
            capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(result.returncode, DONE, result.stderr)

    def test_what_is_no_spool(self):
        for path, words in (("/etc/passwd", "not the spool"), ("missing", "No such file"),
                            ("/dev/null", "not the spool"), (self.folder, "")):
            result = self.recover(path)
            self.assertEqual(result.returncode, UNREADABLE, path)
            self.assertEqual(result.stderr.count("\n"), 1)
            self.assertIn(words, result.stderr)
        self.assertEqual(self.recover().returncode, USAGE)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
