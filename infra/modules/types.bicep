metadata description = 'Types that several templates share.'

@export()
@description('Tags of a resource.')
type Tags = { *: string }

@export()
@description('App settings by name.')
type Settings = { *: string }
