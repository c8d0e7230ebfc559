#include "common/transport/memory_transport.h"

#include "tests/common/transport/transport_contract.h"

namespace weft {
namespace {

struct Memory : MemoryNetwork {
  static std::string Address() { return "coordinator"; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TransportContract, Memory);

}  // namespace
}  // namespace weft
