# `cpack --config build/release/CPackConfig.cmake` (or the target package) makes weft_VERSION_ARCH.deb.
# What is installed where stands with each part; this file adds what a package needs to say.

# libweft.a: the runtime as one library, what a program that includes weft.h links.
add_library(weft_runtime STATIC $<TARGET_OBJECTS:weft_threads> $<TARGET_OBJECTS:weft_schedule>
  $<TARGET_OBJECTS:weft_record> $<TARGET_OBJECTS:weft_format>)
set_target_properties(weft_runtime PROPERTIES OUTPUT_NAME weft LINKER_LANGUAGE C
  ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
install(TARGETS weft_runtime ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

# The pkg-config file for programs that use weft.h: cc program.c $(pkg-config --cflags --libs weft)
# It names places relative to itself, so that it is right wherever the package is unpacked.
file(RELATIVE_PATH WEFT_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" WEFT_PC_PREFIX ${WEFT_PC_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/weft.pc.in ${PROJECT_BINARY_DIR}/weft.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/weft.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weft)
set(CPACK_PACKAGE_VENDOR "The Weft authors")
set(CPACK_PACKAGE_CONTACT "The Weft authors <weft@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "shows why threads wait")
set(CPACK_PACKAGE_DESCRIPTION
  "weft records what the threads of a program do with locks, queues, conditions and sleep, and
draws it as one timeline per thread: who waited, for what, how long, and who ended the wait.
It comes with small teaching programs, and exports to Chrome's trace format.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF) # call sites of the scenarios come from their line tables
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# One font is needed, which fontconfig's own dependency brings; these two are what it was drawn for.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "fonts-inter, fonts-jetbrains-mono")
set(CPACK_DEBIAN_PACKAGE_DEPENDS "fonts-dejavu-core")
include(CPack)
