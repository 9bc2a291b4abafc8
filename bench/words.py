"""What the invented people say: seeded, so that every run says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from faker import Faker

SEED = 20_261_124
LOCALES = ("en_US", "de_DE", "es_ES", "fr_FR", "pl_PL", "tr_TR", "en_IN")
COMMON = ("kubernetes", "postgresql", "python", "rust", "typescript", "linux")
# Each stands in about one submission of a hundred.
RARE = tuple(
    str.split(
        "erlang raft paxos ebpf llvm verilog haskell ocaml prolog cobol fortran ada zig nim "
        "elixir clojure scheme agda coq lean isabelle tla alloy cuda opencl vulkan webgpu wasm "
        "risc-v fpga bluetooth lorawan zigbee modbus can-bus autosar ros slam lidar kalman simd "
        "avx neon dpdk rdma infiniband nvme zfs btrfs ceph lustre hdf5 parquet arrow duckdb "
        "clickhouse druid flink beam spark airflow dbt presto kafka pulsar nats"
        " zeromq mqtt grpc thrift "
        "capnproto flatbuffers asn.1 x.509 kerberos oauth wireguard tor i2p zk-snark merkle bloom "
        "hyperloglog t-digest b-tree lsm-tree crdt gossip sharding quorum c++ c# .net f# node.js "
        "qt gtk opengl blender"
    )
)
VERBS = ("Wrote", "Designed", "Rebuilt", "Measured", "Proved", "Debugged", "Moved", "Halved")
THINGS = (
    *("a scheduler", "a storage engine", "a compiler pass", "a billing pipeline", "a parser"),
    *("the deployment of 400 services", "a fuzzer", "a query planner", "an allocator", "a codec"),
)
ENDS = (
    *("which cut the p99 from 900 to 40 ms", "used by 30 teams since", "and removed the old one"),
    *("without losing a single write", "after two attempts that failed", "on a tenth of the cost"),
)


@dataclass(frozen=True)
class Words:
    """Pieces that submissions are put together from."""

    names: Sequence[str]
    places: Sequence[str]
    sentences: Sequence[str]
    paragraphs: Sequence[str]

    @classmethod
    @cache
    def make(cls) -> "Words":
        Faker.seed(SEED)
        people, english = Faker(list(LOCALES)), Faker("en_US")
        return cls(
            names=[people.name() for _ in range(4_000)],
            places=[f"{english.city()}, {english.country()}" for _ in range(500)],
            sentences=[english.sentence(nb_words=12) for _ in range(2_000)],
            paragraphs=[english.paragraph(nb_sentences=6) for _ in range(3_000)],
        )

    def text(self, random: Random, paragraphs: int) -> str:
        return "\n\n".join(random.choices(self.paragraphs, k=paragraphs))

    def claim(self, random: Random) -> str:
        deed = f"{random.choice(VERBS)} {random.choice(THINGS)} in {random.choice(COMMON)}"
        rest = random.choice(self.paragraphs)
        return f"{deed}, {random.choice(ENDS)}. {random.choice(self.sentences)} {rest}"
