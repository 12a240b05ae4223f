"""Real programs with their oracles: what must be the same whether they are recorded or not.

A program is run by `program.run(folder, prefix)`: with the words of prefix before its command line
("weft record … --"), in a folder that it may fill.  What comes back is compared between the runs:
the exit status and the state that the oracle looked at (what it said on stderr
is only there to be searched).  Servers run on a free port, are asked to
end, and are killed when they do not.
"""
import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import time
import urllib.request

SOURCES = pathlib.Path(__file__).resolve().parent / "programs"
LIMIT_S = 120
SQL = ("create table t(a); with recursive c(x) as (select 1 union all select x+1 from c "
       "where x<200000) insert into t select x from c; select count(*), sum(a) from t; "
       "pragma integrity_check;")
PRIMITIVES = ("mutex", "recursive_mutex", "timed_mutex", "recursive_timed_mutex", "shared_mutex",
              "shared_timed_mutex", "condition_variable", "condition_variable_any", "semaphore",
              "latch", "barrier", "atomic_wait", "future", "call_once", "static_guard")


class Cannot(Exception):
    """It cannot be built or started here."""


def need(command, **options):
    done = subprocess.run([str(word) for word in command], check=False, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=LIMIT_S, **options)
    if done.returncode != 0:
        raise Cannot(f"{command[0]}: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


class Program:
    """One that ends by itself; the oracle is what it prints."""
    follow = False    # it has processes of its own that must be recorded, too
    user = None       # who has to run it, and weft
    true_note = None  # what weft says of it, rightly: a regular expression

    def __init__(self, name, needs, command, build=None, oracle="its output"):
        self.name, self.needs, self.command, self.oracle = name, needs, command, oracle
        self.build = build

    def missing(self):
        return next((command for command in self.needs if shutil.which(command) is None), None)

    def make(self, folder):
        if self.build is not None:
            need([word.format(folder=folder, sources=SOURCES) for word in self.build])

    def words(self, folder):
        return [word.format(folder=folder, sources=SOURCES) for word in self.command]

    def run(self, folder, prefix):
        done = subprocess.run([*prefix, *self.words(folder)], check=False, cwd=folder,
                              capture_output=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
        return {"exit": done.returncode, "state": self.state(folder, done),
                "said": done.stderr.decode(errors="replace")}

    def state(self, _folder, done):
        return done.stdout.decode(errors="replace")


class Packer(Program):
    """The oracle is another program, which unpacks what was packed."""

    def __init__(self, name, options, unpack):
        super().__init__(name, [name, unpack], [name, *options, "-c", "{folder}/text"],
                         oracle=f"{unpack} unpacks what it packed to what went in")
        self.unpack = unpack

    def make(self, folder):
        with (folder / "text").open("wb") as file:
            for i in range(400000):
                file.write(b"%d %d the quick brown fox\n" % (i, i * i % 977))

    def state(self, folder, done):
        unpacked = subprocess.run([self.unpack, "-d", "-c"], input=done.stdout, check=False,
                                  capture_output=True).stdout
        same = unpacked == (folder / "text").read_bytes()
        return "unpacks to what went in" if same else f"unpacks to {len(unpacked)} other bytes"


class Built(Program):
    """Compiled from tests/preload/programs."""
    made = {}  # by what compiled them

    def __init__(self, name, source, compiler, *arguments, flags=()):
        binary = "{folder}/" + source.replace(".", "-")
        super().__init__(name, [compiler.split()[0]], [binary, *arguments],
                         build=[*compiler.split(), "-O2", "-o", binary, "{sources}/" + source,
                                *flags])

    def make(self, folder):
        """As often as it is wanted, but compiled once."""
        made = Built.made.get(tuple(self.build))
        if made is not None and made.exists():
            shutil.copy(made, folder)
            return
        super().make(folder)
        Built.made[tuple(self.build)] = pathlib.Path(self.words(folder)[0])


class WithPackage(Built):
    """… with a library that pkg-config knows."""

    def __init__(self, name, source, compiler, package):
        super().__init__(name, source, compiler)
        self.package = package

    def make(self, folder):
        flags = need(["pkg-config", "--cflags", "--libs", self.package]).decode().split()
        need([*[word.format(folder=folder, sources=SOURCES) for word in self.build], *flags])


class Repack(Program):
    """git: objects are packed anew by two threads; nothing may be missing or broken after it."""
    follow = True

    def __init__(self):
        super().__init__("git repack", ["git"],
                         ["git", "-C", "{folder}/work", "-c", "pack.threads=2", "repack", "-adfq"],
                         oracle="git fsck --strict is content; rev-list --objects lists the same; "
                                "one pack")

    def git(self, folder, *words, **options):
        return need(["git", "-C", folder, *words], **options)

    def make(self, folder):
        origin = folder / "origin"
        need(["git", "init", "-q", origin])
        stream = []
        for commit in range(300):
            text = "".join(f"line {i} of {commit if i % 7 == commit % 7 else 0}\n"
                           for i in range(400))
            stream.append(f"commit refs/heads/main\ncommitter a <a@b> {1000000 + commit} +0000\n"
                          f"data 3\nc{commit % 10}\n\nM 644 inline file{commit % 20}\n"
                          f"data {len(text)}\n{text}\n")
        self.git(folder, "-C", "origin", "--version")
        done = subprocess.run(["git", "-C", origin, "fast-import", "--quiet"], check=False,
                              input="".join(stream).encode(), capture_output=True)
        if done.returncode != 0:
            raise Cannot(done.stderr.decode()[-300:])

    def run(self, folder, prefix):
        shutil.rmtree(folder / "work", ignore_errors=True)
        shutil.copytree(folder / "origin", folder / "work")
        return super().run(folder, prefix)

    def state(self, folder, done):
        work = folder / "work"
        return (self.git(work, "fsck", "--full", "--strict").decode(),
                digest(self.git(work, "rev-list", "--objects", "--all")),
                len(list((work / ".git/objects/pack").glob("*.pack"))), done.stdout)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Server(Program):
    """Started, asked for its work, told to end."""

    def run(self, folder, prefix):
        port = free_port()
        state = None
        self.prepare(folder, port)
        words = [word.format(folder=folder, port=port, sources=SOURCES) for word in self.command]
        with (folder / "server.log").open("wb") as log, \
                subprocess.Popen([*prefix, *words], cwd=folder, stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log) as server:
            try:
                self.wait_for(server, port, folder)
                state = self.work(folder, port)
                self.end(folder, port, server)
                status = server.wait(60)
            finally:
                if server.poll() is None:
                    server.terminate()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        server.wait(10)
                    server.kill()
        return {"exit": status, "state": state,
                "said": (folder / "server.log").read_text(errors="replace")}

    def prepare(self, folder, port):
        pass

    def wait_for(self, server, port, folder):
        for _ in range(600):
            if answers(port):
                return
            if server.poll() is not None:
                break
            time.sleep(0.05)
        raise Cannot("it did not come up: " + (folder / "server.log").read_text()[-400:])

    def work(self, folder, port):
        raise NotImplementedError

    def end(self, _folder, _port, server):
        server.terminate()


class Redis(Server):
    def __init__(self):
        super().__init__("redis-server", ["redis-server", "redis-benchmark", "redis-cli"],
                         ["redis-server", "--port", "{port}", "--io-threads", "2",
                          "--io-threads-do-reads", "yes", "--save", "", "--appendonly", "yes",
                          "--appendfsync", "everysec", "--dir", "{folder}/redis"],
                         oracle="key counts, the list's length and the counter after "
                                "redis-benchmark; the append-only file's check")

    def prepare(self, folder, port):
        shutil.rmtree(folder / "redis", ignore_errors=True)
        (folder / "redis").mkdir()

    def cli(self, port, *words, **options):
        return need(["redis-cli", "-p", port, *words], **options).decode().strip()

    def work(self, folder, port):
        need(["redis-benchmark", "-p", port, "-n", "20000", "-c", "20", "-q", "-t",
              "set,lpush,incr"])
        script = "".join(f"SET key:{i} {i}\nSADD set {i % 500}\n" for i in range(5000))
        (folder / "commands").write_text(script)
        with (folder / "commands").open() as commands:
            subprocess.run(["redis-cli", "-p", str(port)], check=True, stdin=commands,
                           capture_output=True, timeout=LIMIT_S)
        self.cli(port, "UNLINK", "key:1")
        return [self.cli(port, *words) for words in
                (["DBSIZE"], ["LLEN", "mylist"], ["GET", "counter:__rand_int__"], ["SCARD", "set"],
                 ["GET", "key:4999"], ["EXISTS", "key:1"])]

    def end(self, _folder, port, _server):
        subprocess.run(["redis-cli", "-p", str(port), "shutdown", "nosave"], check=False,
                       capture_output=True, timeout=LIMIT_S)


class Memcached(Server):
    def __init__(self):
        super().__init__("memcached", ["memcached"],
                         ["memcached", "-t", "4", "-p", "{port}", "-l", "127.0.0.1", "-A", "-u",
                          "root"],
                         oracle="counts of items, sets, hits and misses; an incremented counter")

    @staticmethod
    def client(port, number):
        with socket.create_connection(("127.0.0.1", port)) as link:
            file = link.makefile("rwb", buffering=65536)
            for i in range(2000):
                file.write(b"set k%d.%d 0 0 4\r\nabcd\r\n" % (number, i))
                file.write(b"get k%d.%d\r\nget none%d\r\nincr sum 1\r\n" % (number, i, i))
                file.flush()
                reply = [file.readline() for _ in range(6)]
                assert reply[0] == b"STORED\r\n" and reply[2] == b"abcd\r\n", reply

    def work(self, folder, port):
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(b"set sum 0 0 1\r\n0\r\n")
            link.recv(100)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda number: self.client(port, number), range(4)))
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(b"get sum\r\nstats\r\nquit\r\n")
            told = b"".join(iter(lambda: link.recv(65536), b"")).decode()
        counts = dict(re.findall(r"STAT (curr_items|cmd_set|cmd_get|get_hits|get_misses|incr_hits) "
                                 r"(\d+)", told))
        return counts, told.split("\r\n")[1]

    def end(self, _folder, port, _server):
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(b"shutdown graceful\r\n")


class Web(Server):
    """Files of all sizes, by eight clients at a time."""

    def prepare(self, folder, port):
        shutil.rmtree(folder / "web", ignore_errors=True)
        (folder / "web/files").mkdir(parents=True)
        for i in range(40):
            (folder / f"web/files/{i}").write_bytes(bytes([i + 32]) * (i * i * 800 + 1))
        for path in (folder, *folder.rglob("web"), *folder.rglob("web/**/*")):
            path.chmod(0o755)
        (folder / "server.conf").write_text(self.configuration(folder, port))

    def configuration(self, folder, port):
        raise NotImplementedError

    def work(self, folder, port):
        def fetch(i):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{i % 40}", timeout=60) as page:
                return digest(page.read())
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            got = list(pool.map(fetch, range(400)))
        wanted = [digest((folder / f"web/files/{i % 40}").read_bytes()) for i in range(400)]
        return "every file as it is" if got == wanted else "other files"


class Nginx(Web):
    def __init__(self):
        super().__init__("nginx", ["nginx"], ["nginx", "-e", "{folder}/web/error", "-p", "{folder}",
                                              "-c", "{folder}/server.conf"],
                         oracle="digests of 400 fetched files; 400 lines in the access log")

    def configuration(self, folder, port):
        return f"""
daemon off; master_process off; pid {folder}/web/pid; error_log {folder}/web/error;
thread_pool default threads=4; events {{ worker_connections 64; }}
http {{ access_log {folder}/web/access; client_body_temp_path {folder}/web/b;
  proxy_temp_path {folder}/web/p; fastcgi_temp_path {folder}/web/f; uwsgi_temp_path {folder}/web/u;
  scgi_temp_path {folder}/web/s;
  server {{ listen 127.0.0.1:{port}; root {folder}/web/files; aio threads; sendfile off;
    output_buffers 1 64k; }} }}
"""

    def work(self, folder, port):
        state = super().work(folder, port)
        time.sleep(0.1)
        return state, len((folder / "web/access").read_text().splitlines())

    def end(self, _folder, _port, server):
        server.send_signal(15)


class Apache(Web):
    follow = True

    def __init__(self):
        super().__init__("apache", ["apache2"], ["apache2", "-DFOREGROUND", "-f",
                                                 "{folder}/server.conf"],
                         oracle="digests of 400 fetched files")

    def configuration(self, folder, port):
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in ("mpm_event", "authz_core", "mime"))
        return f"""{modules}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/web/pid
ErrorLog {folder}/web/error
TypesConfig /dev/null
DocumentRoot {folder}/web/files
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
ServerLimit 1
User www-data
Group www-data
DefaultRuntimeDir {folder}/web
"""


def as_user(name):
    """Words that turn into the program, so that a signal to them is one to it."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--"]


class Postgres(Server):
    """pgbench's own invariant: the three balances and the history add up to the same."""
    follow = True

    def __init__(self):
        super().__init__("postgres", ["postgres", "initdb", "pgbench", "psql"],
                         ["postgres", "-D", "{folder}/pg", "-p", "{port}", "-k", "{folder}/sock",
                          "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=32MB"],
                         oracle="pgbench's rows: 2000 in the history, three equal sums of balances")
        self.user = "postgres" if os.geteuid() == 0 else None

    def missing(self):
        if self.user is not None:
            try:
                pwd.getpwnam(self.user)
            except KeyError:
                return "user postgres"
        return super().missing()

    def prepare(self, folder, port):
        for name in ("pg", "sock"):
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir()
            if self.user is not None:
                shutil.chown(folder / name, self.user)
        folder.chmod(0o777)
        need([*as_user("postgres"), "initdb", "-D", folder / "pg", "-A", "trust", "-U", "postgres"],
             cwd=folder)

    def wait_for(self, server, port, folder):
        super().wait_for(server, port, folder)
        for _ in range(300):  # it answers before it is ready
            with contextlib.suppress(Cannot):
                self.sql(port, "select 1")
                return
            time.sleep(0.1)
        raise Cannot("it did not get ready: " + (folder / "server.log").read_text()[-400:])

    def sql(self, port, text):
        return need(["psql", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-Atc", text]).decode()

    def work(self, folder, port):
        bench = ["pgbench", "-h", "127.0.0.1", "-p", port, "-U", "postgres"]
        need([*bench, "-i", "-q", "postgres"])
        need([*bench, "-c", "4", "-j", "2", "-t", "500", "postgres"])
        count, agree = self.sql(port, """
            select (select count(*) from pgbench_history), (select sum(delta) from pgbench_history)
            = all (array[(select sum(abalance) from pgbench_accounts),
            (select sum(tbalance) from pgbench_tellers), (select sum(bbalance) from
            pgbench_branches)])""").split("|")
        return count, agree.strip()

    def end(self, _folder, _port, server):
        server.send_signal(2)  # "fast": sessions are ended, data is written


class MariaDb(Server):
    true_note = r"weft: \d+ threads? waited in system calls that liburing\S* makes by itself.*\n"

    def __init__(self):
        super().__init__("mariadb", ["mariadbd", "mariadb-install-db", "mariadb"],
                         ["mariadbd", "--no-defaults", "--datadir={folder}/maria", "--port={port}",
                          "--bind-address=127.0.0.1", "--socket={folder}/maria.sock", "--user=root",
                          "--innodb-buffer-pool-size=32M"],
                         oracle="row counts and sums; CHECK TABLE")

    def prepare(self, folder, port):
        shutil.rmtree(folder / "maria", ignore_errors=True)
        need(["mariadb-install-db", "--no-defaults", f"--datadir={folder}/maria", "--user=root",
              "--auth-root-authentication-method=normal", "--skip-test-db"])

    def work(self, folder, port):
        def sql(text):
            return need(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", port, "-u", "root",
                         "-N", "-e", text]).decode()
        sql("create database d; create table d.t(a int primary key auto_increment, b int, "
            "client int) engine=innodb")

        def client(number):
            sql("use d; " + f"insert into t(b, client) values (1, {number}); " * 300)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(client, range(4)))
        return sql("select client, count(*), sum(b) from d.t group by client order by client; "
                   "check table d.t")


def everything():
    """All of them; real.py, soak.py and coverage.py take from here."""
    yield Packer("pigz", ["-p2"], "gzip")
    yield Packer("xz", ["-T2", "-1"], "xz")
    yield Packer("zstd", ["-T2", "-q", "-5"], "zstd")
    yield Packer("pbzip2", ["-p2"], "bzip2")
    yield Program("python3 queue", ["/usr/bin/python3"],
                  ["/usr/bin/python3", "{sources}/put_and_get.py"])
    yield Program("python3 threads", ["/usr/bin/python3"],
                  ["/usr/bin/python3", "{sources}/threads.py"])
    yield Program("sqlite3", ["sqlite3"], ["sqlite3", ":memory:", "pragma threads=4; " + SQL],
                  oracle="counts, a sum, and its own integrity check")
    yield Repack()
    yield Redis()
    yield Memcached()
    yield Nginx()
    yield Apache()
    yield Postgres()
    yield MariaDb()
    yield Program("node workers", ["node"], ["node", "{sources}/workers.js"])
    yield Program("java", ["java", "javac"], ["java", "-cp", "{folder}", "Pool"],
                  build=["javac", "-d", "{folder}", "{sources}/Pool.java"])
    yield Program("rust", ["rustc"], ["{folder}/sync-rs"],
                  build=["rustc", "-O", "-o", "{folder}/sync-rs", "{sources}/sync.rs"])
    yield Program("rustc itself", ["rustc"],
                  ["rustc", "-O", "-o", "{folder}/again", "{sources}/sync.rs"])
    for name in PRIMITIVES:
        yield Built(f"c++ {name}", "primitives.cc", "g++ -std=c++20 -pthread", name)
    yield WithPackage("glib", "glib.c", "gcc", "glib-2.0")
    yield WithPackage("qt", "qt.cc", "g++ -fPIC", "Qt5Core")


def sanitized():
    for compiler in ("gcc", "clang"):
        for sanitizer in ("address", "thread", "undefined"):
            yield Built(f"{compiler} {sanitizer}", "locks.c",
                        f"{compiler} -fsanitize={sanitizer} -pthread")
