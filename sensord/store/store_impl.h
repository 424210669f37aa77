// How the store is put together; tests open it with faults.

#ifndef TAPLINE_SENSORD_STORE_STORE_IMPL_H_
#define TAPLINE_SENSORD_STORE_STORE_IMPL_H_

#include <memory>

#include "sensord/store/store.h"
#include "sensord/store/store_file.h"

namespace tapline {

// Store::Open with operations on both files failing as `fault` says.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(const v1::StoreConfig& config,
                                                 const Clock& clock,
                                                 FaultHook fault,
                                                 Log* log = nullptr);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_STORE_IMPL_H_
