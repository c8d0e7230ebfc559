#include "common/philox.h"

#include <Random123/philox.h>

namespace weft {

PhiloxBlock Philox(PhiloxKey key, PhiloxBlock counter) {
  const r123::Philox4x32::ctr_type in = {{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type by = {{key[0], key[1]}};
  const r123::Philox4x32::ctr_type out = r123::Philox4x32()(in, by);
  return {out[0], out[1], out[2], out[3]};
}

}  // namespace weft
