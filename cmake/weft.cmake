# How a module of weft is declared: weft_module(NAME SOURCES … HEADERS … USES …).
#
# It makes the static library weft_NAME and the alias weft::NAME.  Includes are written from the
# root of the repository ("traces/model/model.h"), so each shows its direction; every header of
# HEADERS is compiled alone by the target all_verify_interface_header_sets.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)

# The one place for flags.
add_library(weft_flags INTERFACE)
target_compile_options(weft_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wwrite-strings -Wundef -Wvla -fno-omit-frame-pointer
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
target_include_directories(weft_flags INTERFACE ${PROJECT_SOURCE_DIR})
# POSIX everywhere; GNU only where glibc demands it (runtime/).
target_compile_definitions(weft_flags INTERFACE WEFT_VERSION="${PROJECT_VERSION}"
  _XOPEN_SOURCE=700 _FILE_OFFSET_BITS=64)

# For everything but targets with the property WEFT_PLAIN: what is loaded into a stranger's program.
set(WEFT_SANITIZE "" CACHE STRING "Value of -fsanitize=, such as address,undefined")
if(WEFT_SANITIZE)
  set(not_plain $<NOT:$<BOOL:$<TARGET_PROPERTY:WEFT_PLAIN>>>)
  target_compile_options(weft_flags INTERFACE
    "$<${not_plain}:-fsanitize=${WEFT_SANITIZE};-fno-sanitize-recover=all>")
  target_link_options(weft_flags INTERFACE "$<${not_plain}:-fsanitize=${WEFT_SANITIZE}>")
endif()

# Libraries and programs that are optimised as a whole where gcc builds them for use: traces are
# loaded a tenth faster.  The libraries have ordinary code beside, for tests, which so link fast.
function(weft_whole)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL GNU OR WEFT_SANITIZE)
    return()
  endif()
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE
      $<$<CONFIG:Release,RelWithDebInfo>:-flto=auto;-ffat-lto-objects>)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
      target_link_options(${target} PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:-flto=auto>)
    endif()
  endforeach()
endfunction()

function(weft_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;USES" ${ARGN})
  add_library(weft_${name} STATIC ${ARG_SOURCES})
  add_library(weft::${name} ALIAS weft_${name})
  target_sources(weft_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
    FILES ${ARG_HEADERS})
  target_link_libraries(weft_${name} PUBLIC weft_flags)
  foreach(used IN LISTS ARG_USES)
    if(TARGET weft::${used} OR used MATCHES "^[a-z_]+$")
      target_link_libraries(weft_${name} PUBLIC weft::${used})
    else()
      target_link_libraries(weft_${name} PUBLIC ${used})
    endif()
  endforeach()
endfunction()
